#include <cmath>
#include <cstdio>

#include "check/report.h"

namespace autonet {
namespace {

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        // XML 1.0 has no other control characters.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') safe += c;
    }
  }
  return safe;
}

struct Suite {
  std::string cases;
  int tests = 0;
  int failures = 0;
  int skipped = 0;
  int errors = 0;

  void add(const std::string& group, const std::string& name, Verdict verdict,
           const std::string& message) {
    ++tests;
    cases += "  <testcase classname=\"" + escaped(group) + "\" name=\"" + escaped(name) + "\"";
    if (verdict == Verdict::passed) {
      cases += "/>\n";
      return;
    }
    const bool failed = verdict == Verdict::failed;
    ++(failed ? failures : skipped);
    cases += std::string(">\n    <") + (failed ? "failure" : "skipped") + " message=\"" +
             escaped(message) + "\"/>\n  </testcase>\n";
  }

  /// One case for the whole, which is an error where nothing failed and yet it is not PASSED: a
  /// build server shows what was skipped in green.
  void add_verdict(const CheckReport& report) {
    if (report.verdict != Verdict::inconclusive) {
      add("check", "verdict", report.verdict, "see the other cases");
      return;
    }
    ++tests;
    ++errors;
    cases +=
        "  <testcase classname=\"check\" name=\"verdict\">\n    <error message=\"INCONCLUSIVE" +
        std::string(report.stopped ? ": stopped before all was checked" : "") +
        "\"/>\n  </testcase>\n";
  }

  void add(const CheckReport& report) {
    const std::string prefix = report.order == 2 ? "second order " : "";
    for (const TensorCheck& t : report.tensors) {
      add(prefix + "tensors", t.name, t.verdict, t.diagnosis);
    }
    for (const RuleCheck& rule : report.rules) {
      const std::string where = rule.where.empty() ? "" : rule.where + ": ";
      add(prefix + "rules", rule_name(rule.op, rule.input), rule.verdict, where + rule.diagnosis);
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
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" + escaped(name) +
         "\" tests=\"" + std::to_string(suite.tests) + "\" failures=\"" +
         std::to_string(suite.failures) + "\" errors=\"" + std::to_string(suite.errors) +
         "\" skipped=\"" + std::to_string(suite.skipped) + "\">\n" + suite.cases + "</testsuite>\n";
}

}  // namespace autonet
