#include "autonet/check/report.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

#include "autonet/text/concat.h"
#include "text/numbers.h"
#include "text/table.h"
#include "text/wrap.h"

namespace autonet {
namespace {

using text::concat;
using text::with_commas;

std::string wrapped(const std::string& paragraph) {
  return text::wrapped(paragraph, 80, "    ") + "\n";
}

std::vector<std::string> findings_of(const CheckReport& report, Verdict verdict) {
  std::vector<std::string> found;
  for (const RuleCheck& rule : report.rules) {
    if (rule.verdict != verdict || verdict != Verdict::failed) continue;
    found.push_back(concat("the rule of ", rule_name(rule.op, rule.input),
                           rule.where.empty() ? "" : ", layer ", rule.where, ": ",
                           rule.diagnosis.empty() ? "wrong" : rule.diagnosis));
  }
  for (const ClaimCheck& claim : report.claims) {
    if (claim.verdict == verdict) found.push_back(concat(claim.name, ": ", claim.details));
  }
  std::string names;  // of tensors in sequence with the same diagnosis
  for (size_t i = 0; i < report.tensors.size(); ++i) {
    const TensorCheck& tensor = report.tensors[i];
    if (tensor.verdict != verdict) continue;
    names += concat(names.empty() ? "" : ", ", tensor.name);
    const auto same = [&](const TensorCheck& other) {
      return other.verdict == verdict && other.diagnosis == tensor.diagnosis;
    };
    if (i + 1 < report.tensors.size() && same(report.tensors[i + 1])) continue;
    found.push_back(concat(std::exchange(names, ""), ": ", tensor.diagnosis));
  }
  return found;
}

/// "9 tensors along directions, 1,102 of 1,370 elements, 10 rules, 6 claims"
std::string what_was_checked(const CheckReport& report) {
  Index checked = 0;
  Index total = 0;
  for (const TensorCheck& tensor : report.tensors) {
    checked += tensor.checked;
    total += tensor.total;
  }
  return concat("checked: ", report.tensors.size(), " tensors along directions, ",
                with_commas(checked), " of ", with_commas(total), " elements, ",
                report.rules.size(), " rules, ", report.claims.size(), " claims");
}

/// A row for each tensor that was compared with differences of a whole function.
std::string difference_table(const CheckReport& report) {
  const auto number = [](double value, const std::string& shown) {
    return std::isnan(value) ? "-" : shown;
  };
  text::Table table({"array", "shape", "difference", "Taylor order", "elements", "verdict"});
  table.align_left({1, 5});
  bool any = false;
  for (const TensorCheck& tensor : report.tensors) {
    any = any || !std::isnan(tensor.difference_error) || !std::isnan(tensor.taylor_order);
    table.add({tensor.name, tensor.shape.str(),
               number(tensor.difference_error, text::scientific(tensor.difference_error, 1)),
               number(tensor.taylor_order, text::fixed(tensor.taylor_order, 1)),
               concat(tensor.checked, "/", tensor.total), name_of(tensor.verdict)});
  }
  return any ? table.text() : "";
}

}  // namespace

void ClaimCheck::not_compared(const std::string& why) {
  if (verdict != Verdict::passed) return;
  verdict = Verdict::inconclusive;
  details = "not compared: " + why;
}

void ClaimCheck::fail(const std::string& why) {
  verdict = Verdict::failed;
  details = why;
}

std::string rule_name(const std::string& op, int input) {
  return input == RuleCheck::kEvery ? op + ", every input" : concat(op, ", input ", input);
}

const char* name_of(Verdict verdict) {
  return verdict == Verdict::passed   ? "PASSED"
         : verdict == Verdict::failed ? "FAILED"
                                      : "INCONCLUSIVE";
}

std::vector<std::string> findings(const CheckReport& report) {
  std::vector<std::string> found = findings_of(report, Verdict::failed);
  if (report.stopped) found.push_back("stopped before everything was checked");
  for (std::string& one : findings_of(report, Verdict::inconclusive)) {
    found.push_back(std::move(one));
  }
  for (const CheckReport& second : report.second) {
    for (const std::string& one : findings(second)) found.push_back("second order: " + one);
  }
  // At order 2 a failure comes before what order 1 could not compare.
  const auto fails = [&](const CheckReport& second) { return second.verdict == Verdict::failed; };
  if (report.verdict == Verdict::failed && std::ranges::any_of(report.second, fails)) {
    std::stable_partition(found.begin(), found.end(), [](const std::string& one) {
      return one.find("not compared") == std::string::npos;
    });
  }
  return report.verdict == Verdict::passed ? std::vector<std::string>() : found;
}

std::string to_text(const CheckReport& report) {
  std::string text;
  std::string first = name_of(report.verdict);
  for (const std::string& finding : findings(report)) {
    if (!first.empty()) first += ": ";
    text += wrapped(first += finding);
    first.clear();
  }
  if (!first.empty()) text += first + "\n";
  std::vector<std::string> notes = report.notes;
  for (const CheckReport& second : report.second) {
    for (const std::string& note : second.notes) notes.push_back("second order: " + note);
  }
  for (const std::string& note : notes) text += wrapped("note: " + note);
  if (const std::string table = difference_table(report); !table.empty()) return text + table;
  text += wrapped(what_was_checked(report));
  for (const CheckReport& second : report.second) {
    text += wrapped("second order " + what_was_checked(second));
  }
  return text;
}

std::ostream& operator<<(std::ostream& out, const CheckReport& report) {
  return out << to_text(report);
}

namespace internal {

Verdict verdict_of(const CheckReport& report) {
  const auto has = [](const auto& checks, Verdict verdict) {
    return std::ranges::any_of(checks, [&](const auto& c) { return c.verdict == verdict; });
  };
  if (has(report.tensors, Verdict::failed) || has(report.rules, Verdict::failed) ||
      has(report.claims, Verdict::failed)) {
    return Verdict::failed;
  }
  if (report.tensors.empty() || report.stopped) return Verdict::inconclusive;
  // A zero second derivative is legitimate: that y bends no more than the rules say is measured by
  // the claim on curvature. A zero first derivative means that nothing was tested.
  const bool second = report.order == 2;
  const bool bent = std::ranges::any_of(report.claims, [](const ClaimCheck& claim) {
    return claim.name == "curvature" && claim.compared > 0;
  });
  const auto compared = [](const TensorCheck& tensor) {
    return tensor.verdict == Verdict::passed && !tensor.does_nothing;
  };
  if (!(second && bent) && std::ranges::none_of(report.tensors, compared)) {
    return Verdict::inconclusive;
  }
  if (has(report.claims, Verdict::inconclusive)) return Verdict::inconclusive;
  const bool unknown = std::ranges::any_of(report.tensors, [&](const TensorCheck& tensor) {
    return tensor.verdict == Verdict::inconclusive && !(second && tensor.only_zeros);
  });
  return unknown ? Verdict::inconclusive : Verdict::passed;
}

}  // namespace internal
}  // namespace autonet
