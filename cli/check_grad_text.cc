#include "cli/check_grad_text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "autonet/text/concat.h"
#include "check/rule_edits.h"
#include "check/vectors.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

using text::concat;
using text::with_commas;

std::string error_text(double error) {
  return std::isnan(error) ? "-" : error == 0.0 ? "0" : text::scientific(error, 1);
}

std::string along_directions(const CheckReport& report) {
  text::Table table({"along a direction", "shape", "complex step", "verdict"});
  table.align_left({1, 3});
  for (const TensorCheck& t : report.tensors) {
    const std::string mark = t.without_complex.empty() ? "" : " *";
    table.add({t.name, t.shape.str(), error_text(t.complex_error) + mark, name_of(t.verdict)});
  }
  std::string notes;
  for (const TensorCheck& t : report.tensors) {
    const std::string note =
        "* " + t.without_complex + " has no complex step: see its rule below\n";
    if (!t.without_complex.empty() && notes.find(note) == std::string::npos) notes += note;
  }
  return table.text() + notes + "\n";
}

std::string by_elements(const CheckReport& report) {
  text::Table table({"by element", "checked", "error", "at", "by rules", "zero"});
  table.align_left({3});
  for (const TensorCheck& t : report.tensors) {
    std::vector<std::string> row{t.name, concat(with_commas(t.checked), "/", with_commas(t.total))};
    if (t.worst_position) {
      row.insert(row.end(), {error_text(t.worst_relative), Shape(*t.worst_position).str(),
                             text::significant(t.analytic, 4)});
    }
    row.resize(5, "-");
    row.push_back(with_commas(t.zeros));
    table.add(row);
  }
  return table.text() + "\n";
}

std::string rules_text(const CheckReport& report) {
  text::Table table({"rule", "worst", "against", "at", "verdict"});
  table.align_left({2, 3, 4});
  for (const RuleCheck& rule : report.rules) {
    table.add({rule_name(rule.op, rule.input), error_text(rule.worst), rule.against, rule.where,
               name_of(rule.verdict)});
  }
  return table.text() + "\n";
}

std::string claims_text(const CheckReport& report) {
  text::Table table({"claim", "compared", "worst", "allowed", "verdict"});
  table.align_left({4});
  for (const ClaimCheck& claim : report.claims) {
    table.add({claim.name, with_commas(claim.compared), error_text(claim.worst),
               error_text(claim.bound), name_of(claim.verdict)});
  }
  return table.text() + "\n";
}

}  // namespace

std::string tables_of(const CheckReport& report) {
  std::string text;
  if (report.order == 2) text += "Second order: the gradient of <c, gradient> for random c\n\n";
  if (!report.tensors.empty()) text += along_directions(report) + by_elements(report);
  if (!report.rules.empty()) text += rules_text(report);
  text += claims_text(report);
  for (const CheckReport& second : report.second) text += tables_of(second);
  text.pop_back();
  return text;
}

std::string table_of(const SelfTestReport& report) {
  std::string wrong;
  for (const std::string& tensor : report.wrong) wrong += (wrong.empty() ? "" : ", ") + tensor;
  if (!wrong.empty()) {
    return "These gradients are wrong before anything is planted: " + wrong +
           ".\nRun check-grad without --self-test first.\n";
  }
  std::vector<std::string> mistakes;
  std::vector<std::pair<std::string, int>> rules;
  std::map<std::pair<std::pair<std::string, int>, std::string>, std::string> cells;
  using Outcome = PlantedMistake::Outcome;
  for (const PlantedMistake& planted : report.planted) {
    const auto rule = std::pair(planted.op, planted.input);
    if (std::ranges::count(mistakes, planted.mistake) == 0) mistakes.push_back(planted.mistake);
    if (std::ranges::count(rules, rule) == 0) rules.push_back(rule);
    cells[{rule, planted.mistake}] = planted.outcome == Outcome::missed      ? "MISSED"
                                     : planted.outcome == Outcome::unseen    ? "unseen"
                                     : planted.outcome == Outcome::no_effect ? "no effect"
                                                                             : "caught";
  }
  std::vector<std::string> header{"rule"};
  header.insert(header.end(), mistakes.begin(), mistakes.end());
  text::Table table(header);
  for (const auto& rule : rules) {
    std::vector<std::string> row{rule_name(rule.first, rule.second)};
    for (const std::string& mistake : mistakes) {
      const auto cell = cells.find({rule, mistake});
      row.push_back(cell == cells.end() ? "" : cell->second);
    }
    table.add(row);
  }
  std::string legend;
  for (const internal::RuleEdit& mistake : internal::rule_edits()) {
    if (std::ranges::count(mistakes, mistake.name) == 0) continue;
    legend += mistake.name + ": " + mistake.meaning + "\n";
  }
  std::string counts = text::concat(report.count(Outcome::caught), " mistakes planted and caught, ",
                                    report.count(Outcome::missed), " missed");
  if (const Index unseen = report.count(Outcome::unseen); unseen > 0) {
    counts += text::concat(", ", unseen,
                           " unseen: the check is INCONCLUSIVE for the tensors they make wrong");
  }
  if (report.stopped) counts += "\nStopped before every mistake was planted.";
  return table.text() + "\n" + legend + "\n" + counts + "\n";
}

}  // namespace autonet::cli
