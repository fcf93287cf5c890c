#include "cli/check_grad_junit.h"

#include "autonet/text/concat.h"

namespace autonet::cli {
namespace {

using text::concat;

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
    if (control) continue;  // not allowed in XML 1.0
    safe += c == '&'   ? "&amp;"
            : c == '<' ? "&lt;"
            : c == '>' ? "&gt;"
            : c == '"' ? "&quot;"
                       : std::string(1, c);
  }
  return safe;
}

struct Suite {
  std::string cases;
  int tests = 0;
  int failures = 0;
  int skipped = 0;
  int errors = 0;

  void add(const std::string& group, const std::string& name) {
    ++tests;
    cases += concat("  <testcase classname=\"", escaped(group), "\" name=\"", escaped(name), "\"");
  }

  /// Ends the case that was added last.
  void end(int& count, const char* element, const std::string& message) {
    ++count;
    cases += concat(">\n    <", element, " message=\"", escaped(message), "\"/>\n  </testcase>\n");
  }

  void add(const std::string& group, const std::string& name, Verdict verdict,
           const std::string& message) {
    add(group, name);
    if (verdict == Verdict::passed) cases += "/>\n";
    if (verdict == Verdict::failed) end(failures, "failure", message);
    if (verdict == Verdict::inconclusive) end(skipped, "skipped", message);
  }

  /// One case for the whole check. INCONCLUSIVE is an error here, because build servers show
  /// skipped cases as good.
  void add_verdict(const CheckReport& report) {
    if (report.verdict != Verdict::inconclusive) {
      return add("check", "verdict", report.verdict, "see the other cases");
    }
    add("check", "verdict");
    end(errors, "error",
        report.stopped ? "INCONCLUSIVE: stopped before everything was checked" : "INCONCLUSIVE");
  }

  void add(const CheckReport& report) {
    const std::string prefix = report.order == 2 ? "second order " : "";
    for (const TensorCheck& t : report.tensors) {
      add(prefix + "tensors", t.name, t.verdict, t.diagnosis);
    }
    for (const RuleCheck& rule : report.rules) {
      add(prefix + "rules", rule_name(rule.op, rule.input), rule.verdict,
          concat(rule.where, rule.where.empty() ? "" : ": ", rule.diagnosis));
    }
    for (const ClaimCheck& claim : report.claims) {
      add(prefix + "claims", claim.name, claim.verdict, claim.details);
    }
    for (const CheckReport& second : report.second) add(second);
  }
};

}  // namespace

std::string to_junit(const CheckReport& report, const std::string& name) {
  Suite suite;
  suite.add(report);
  suite.add_verdict(report);
  return concat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"", escaped(name),
                "\" tests=\"", suite.tests, "\" failures=\"", suite.failures, "\" errors=\"",
                suite.errors, "\" skipped=\"", suite.skipped, "\">\n", suite.cases,
                "</testsuite>\n");
}

}  // namespace autonet::cli
