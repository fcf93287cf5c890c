#include "check/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>

#include "check/diagnosis.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet {
namespace {

std::string format(const char* how, double x) {
  char text[40];
  std::snprintf(text, sizeof text, how, x);
  return text;
}

std::string error_text(double error) {
  return std::isnan(error) ? "-" : error == 0.0 ? "0" : format("%.1e", error);
}

std::string along_directions(const CheckReport& report) {
  text::Table columns(
      {"along a direction", "shape", "adjoint", "complex step", "differences", "step", "verdict"});
  columns.align_left({1, 6});
  for (const TensorCheck& t : report.tensors) {
    columns.add({t.name, t.shape.str(), error_text(t.adjoint_error), error_text(t.complex_error),
                 t.direction_crossed ? "kinks" : error_text(t.direction_error),
                 t.direction_crossed ? "-" : format("%.0e", t.direction_step), name_of(t.verdict)});
  }
  return columns.text();
}

std::string by_elements(const CheckReport& report) {
  text::Table columns({"by element", "checked", "error", "relative", "at", "by rules", "measured",
                     "step", "kinks", "zero"});
  columns.align_left({4});
  for (const TensorCheck& t : report.tensors) {
    const bool any = t.worst_position.has_value();
    const double zeros =
        t.checked == 0 ? 0.0
                       : 100.0 * static_cast<double>(t.zeros) / static_cast<double>(t.checked);
    columns.add({t.name, text::with_commas(t.checked) + "/" + text::with_commas(t.total),
                 any ? error_text(t.worst_absolute) : "-", any ? error_text(t.worst_relative) : "-",
                 any ? position_text(*t.worst_position) : "-",
                 any ? format("%.4g", t.analytic) : "-", any ? format("%.4g", t.numeric) : "-",
                 any ? format("%.0e", t.step) : "-", text::with_commas(t.kinks),
                 format("%.0f %%", zeros)});
  }
  return columns.text();
}

std::string rules_text(const CheckReport& report) {
  text::Table columns({"rule", "calls", "worst error", "against", "at", "verdict"});
  columns.align_left({3, 4, 5});
  for (const RuleCheck& rule : report.rules) {
    columns.add({rule_name(rule.op, rule.input), text::with_commas(rule.calls), error_text(rule.worst),
                 rule.against, rule.where, name_of(rule.verdict)});
  }
  return columns.text();
}

std::string claims_text(const CheckReport& report) {
  text::Table columns({"claim", "compared", "worst", "allowed", "verdict", "which says"});
  columns.align_left({4, 5});
  for (const ClaimCheck& claim : report.claims) {
    columns.add({claim.name, text::with_commas(claim.compared), error_text(claim.worst),
                 error_text(claim.bound), name_of(claim.verdict), claim.claim});
  }
  return columns.text();
}

std::string findings(const CheckReport& report) {
  std::string text;
  std::vector<std::string> without;
  for (const TensorCheck& t : report.tensors) {
    if (t.without_complex.empty() || std::ranges::count(without, t.without_complex) > 0) continue;
    without.push_back(t.without_complex);
    text += "no complex step: " + t.without_complex + " says none (Op::complex_step)\n";
  }
  for (const RuleCheck& rule : report.rules) {
    if (rule.verdict == Verdict::passed) continue;
    text += "the rule of " + rule_name(rule.op, rule.input) +
            (rule.where.empty() ? "" : ", layer " + rule.where) + ": " +
            (rule.diagnosis.empty() ? "wrong" : rule.diagnosis) + "\n";
  }
  for (const ClaimCheck& claim : report.claims) {
    if (claim.verdict == Verdict::passed) continue;
    text += claim.name + ": " + claim.details + "\n";
  }
  for (const TensorCheck& t : report.tensors) {
    if (t.verdict != Verdict::passed) text += t.name + ": " + t.diagnosis + "\n";
    if (t.kinks > 0) {
      text += t.name + ": " + text::with_commas(t.kinks) + " of " + text::with_commas(t.checked) +
              " elements on kinks, the last at " + position_text(t.kink_position) + ", slopes " +
              format("%.5g", t.kink_left) + " and " + format("%.5g", t.kink_right) +
              " to its sides\n";
    }
    if (t.unclear > 0) {
      text += t.name + ": " + text::with_commas(t.unclear) + " of " + text::with_commas(t.checked) +
              " elements not compared: rounding hides their slope, or y has no value a step away\n";
    }
  }
  return text;
}

}  // namespace

std::string rule_name(const std::string& op, int input) {
  return op + (input == RuleCheck::kEvery ? ", every input" : ", input " + std::to_string(input));
}

const char* name_of(Verdict verdict) {
  return verdict == Verdict::passed   ? "PASSED"
         : verdict == Verdict::failed ? "FAILED"
                                      : "INCONCLUSIVE";
}

std::string to_text(const CheckReport& report) {
  std::string text;
  if (report.order == 2) text += "Second order: the gradient of <c, gradient>, c random\n\n";
  if (!report.tensors.empty()) {
    text += along_directions(report) + "\n" + by_elements(report) + "\n";
  }
  if (!report.rules.empty()) text += rules_text(report) + "\n";
  text += claims_text(report) + "\n";
  const std::string found = findings(report);
  if (!found.empty()) text += found + "\n";
  if (report.stopped) text += "Stopped before all was checked.\n\n";
  for (const CheckReport& second : report.second) text += to_text(second);
  if (report.order == 1) text += std::string(name_of(report.verdict)) + "\n";
  return text;
}

std::ostream& operator<<(std::ostream& out, const CheckReport& report) {
  return out << to_text(report);
}

}  // namespace autonet
