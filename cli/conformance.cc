// autonet conformance: ONNX's own tests of operators, run by autonet.
#include "exchange/conformance.h"

#include <map>

#include "autonet/text/concat.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/shared_options.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

using exchange::CaseResult;

struct Options {
  std::string folder;
  bool json = false;
};

struct Counts {
  Index passed = 0;
  Index failed = 0;
  Index unsupported = 0;

  void count(CaseResult::Status status) {
    if (status == CaseResult::Status::passed) ++passed;
    if (status == CaseResult::Status::failed) ++failed;
    if (status == CaseResult::Status::unsupported) ++unsupported;
  }
};

using Operators = std::map<std::string, Counts>;

std::string json_text(const std::vector<CaseResult>& results, const Operators& operators,
                      const Counts& total) {
  const auto counts = [](const Counts& c) {
    return Json{{"passed", c.passed}, {"failed", c.failed}, {"not_supported", c.unsupported}};
  };
  Json by_operator = Json::object();
  for (const auto& [name, c] : operators) by_operator[name] = counts(c);
  Json cases = Json::array();
  for (const CaseResult& result : results) {
    cases.push_back({{"case", result.name},
                     {"operator", result.operator_},
                     {"result", exchange::name_of(result.status)},
                     {"reason", result.reason}});
  }
  return indented({{"total", counts(total)}, {"operators", by_operator}, {"cases", cases}});
}

std::string plain_text(const std::vector<CaseResult>& results, const Operators& operators,
                       const Counts& total) {
  std::string text;
  for (const CaseResult& result : results) {
    if (result.status == CaseResult::Status::passed) continue;
    text += text::concat(result.name, ": ", exchange::name_of(result.status), ": ", result.reason,
                         "\n");
  }
  text::Table table({"operator", "passed", "failed", "not supported"});
  for (const auto& [name, c] : operators) {
    table.add({name, text::concat(c.passed), text::concat(c.failed), text::concat(c.unsupported)});
  }
  table.add_rule();
  table.add({"all", text::concat(total.passed), text::concat(total.failed),
             text::concat(total.unsupported)});
  return text + (text.empty() ? "" : "\n") + table.text();
}

ExitStatus run(const Options& options, Console& console) {
  std::vector<CaseResult> results;
  Operators operators;
  Counts total;
  for (const std::string& folder : exchange::find_cases(options.folder)) {
    results.push_back(exchange::run_case(folder));
    operators[results.back().operator_].count(results.back().status);
    total.count(results.back().status);
  }
  console.print(options.json ? json_text(results, operators, total)
                             : plain_text(results, operators, total));
  if (total.failed > 0) return ExitStatus::failed;
  return total.passed > 0 ? ExitStatus::good : ExitStatus::inconclusive;
}

}  // namespace

void add_conformance(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "conformance", "Run ONNX's tests of operators", run);
  command
      .add_option("DIR", options.folder,
                  "Folder with cases: model.onnx and test_data_set_0 in each")
      ->required()
      ->type_name("");
  add_json(command, options.json);
  command.footer(
      "Prints each case that is not passed with the reason, and a table of the operators. Ends\n"
      "with status 1 if a case fails. Debian's package libonnx-testdata has the cases.\n\n"
      "Example:\n"
      "  autonet conformance /usr/share/libonnx-testdata/data/node");
}

}  // namespace autonet::cli
