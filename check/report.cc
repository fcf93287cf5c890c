#include "autonet/check/report.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <sstream>

#include "autonet/text/concat.h"
#include "check/vectors.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet {
namespace {

using internal::position_text;
using text::concat;
using text::with_commas;

std::string error_text(double error) {
  return std::isnan(error) ? "-" : error == 0.0 ? "0" : text::scientific(error, 1);
}

std::string along_directions(const CheckReport& report) {
  text::Table table(
      {"along a direction", "shape", "adjoint", "complex step", "differences", "step", "verdict"});
  table.align_left({1, 6});
  for (const TensorCheck& t : report.tensors) {
    table.add({t.name, t.shape.str(), error_text(t.adjoint_error), error_text(t.complex_error),
               t.direction_crossed ? "kinks" : error_text(t.direction_error),
               t.direction_crossed ? "-" : text::scientific(t.direction_step, 0),
               name_of(t.verdict)});
  }
  return table.text() + "\n";
}

std::string by_elements(const CheckReport& report) {
  text::Table table({"by element", "checked", "error", "relative", "at", "by rules", "measured",
                     "step", "kinks", "zero"});
  table.align_left({4});
  for (const TensorCheck& t : report.tensors) {
    std::vector<std::string> row{t.name, concat(with_commas(t.checked), "/", with_commas(t.total))};
    if (t.worst_position) {
      row.insert(row.end(), {error_text(t.worst_absolute), error_text(t.worst_relative),
                             position_text(*t.worst_position), text::significant(t.analytic, 4),
                             text::significant(t.numeric, 4), text::scientific(t.step, 0)});
    }
    row.resize(8, "-");
    const double zeros =
        static_cast<double>(t.zeros) / static_cast<double>(std::max<Index>(1, t.checked));
    row.push_back(with_commas(t.kinks));
    row.push_back(text::fixed(100.0 * zeros, 0) + " %");
    table.add(row);
  }
  return table.text() + "\n";
}

std::string rules_text(const CheckReport& report) {
  text::Table table({"rule", "calls", "worst error", "against", "at", "verdict"});
  table.align_left({3, 4, 5});
  for (const RuleCheck& rule : report.rules) {
    table.add({rule_name(rule.op, rule.input), with_commas(rule.calls), error_text(rule.worst),
               rule.against, rule.where, name_of(rule.verdict)});
  }
  return table.text() + "\n";
}

std::string claims_text(const CheckReport& report) {
  text::Table table({"claim", "compared", "worst", "allowed", "verdict", "meaning"});
  table.align_left({4, 5});
  for (const ClaimCheck& claim : report.claims) {
    table.add({claim.name, with_commas(claim.compared), error_text(claim.worst),
               error_text(claim.bound), name_of(claim.verdict), claim.claim});
  }
  return table.text() + "\n";
}

/// The text in lines of at most 100 columns; the second and later ones are indented.
std::string wrapped(const std::string& paragraph) {
  constexpr size_t kColumns = 100;
  std::string lines;
  std::string line;
  std::istringstream words(paragraph);
  for (std::string word; words >> word;) {
    if (!line.empty() && text::display_width(line) + 1 + text::display_width(word) > kColumns) {
      lines += line + "\n";
      line = "   ";
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return lines + line + "\n";
}

std::string findings(const CheckReport& report) {
  std::string found;
  std::vector<std::string> without;
  const auto find = [&](const auto&... parts) { found += wrapped(concat(parts...)); };
  for (const TensorCheck& t : report.tensors) {
    if (t.without_complex.empty() || std::ranges::count(without, t.without_complex) > 0) continue;
    without.push_back(t.without_complex);
    find("no complex step: ", t.without_complex, " has none (see Op::complex_step)");
  }
  for (const RuleCheck& rule : report.rules) {
    if (rule.verdict == Verdict::passed) continue;
    find("the rule of ", rule_name(rule.op, rule.input), rule.where.empty() ? "" : ", layer ",
         rule.where, ": ", rule.diagnosis.empty() ? "wrong" : rule.diagnosis);
  }
  for (const ClaimCheck& claim : report.claims) {
    if (claim.verdict != Verdict::passed) find(claim.name, ": ", claim.details);
  }
  for (const TensorCheck& t : report.tensors) {
    const std::string of_checked = concat(" of ", with_commas(t.checked), " elements ");
    if (t.verdict != Verdict::passed) find(t.name, ": ", t.diagnosis);
    if (t.kinks > 0) {
      find(t.name, ": ", with_commas(t.kinks), of_checked, "lie on kinks; at the last, ",
           position_text(t.kink_position), ", the slopes to the left and right are ",
           text::significant(t.kink_left, 5), " and ", text::significant(t.kink_right, 5));
    }
    if (t.unclear > 0) {
      find(t.name, ": ", with_commas(t.unclear), of_checked,
           "were not compared: rounding hides the slope, or y is not finite one step away");
    }
  }
  return found.empty() ? found : found + "\n";
}

}  // namespace

void ClaimCheck::not_compared(const std::string& why) {
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

std::string to_text(const CheckReport& report) {
  std::string text;
  if (report.order == 2) text += "Second order: the gradient of <c, gradient> for random c\n\n";
  if (!report.tensors.empty()) text += along_directions(report) + by_elements(report);
  if (!report.rules.empty()) text += rules_text(report);
  text += claims_text(report) + findings(report);
  if (report.stopped) text += "Stopped before everything was checked.\n\n";
  for (const CheckReport& second : report.second) text += to_text(second);
  if (report.order == 1) text += concat(name_of(report.verdict), "\n");
  return text;
}

std::ostream& operator<<(std::ostream& out, const CheckReport& report) {
  return out << to_text(report);
}

}  // namespace autonet
