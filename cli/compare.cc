// autonet compare: the six numbers of several models, side by side.
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/shared_options.h"
#include "cli/six_numbers.h"
#include "cli/trained_model.h"
#include "text/concat.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet {
namespace {

struct Options {
  std::vector<std::string> models;
  std::string data_dir;
  std::optional<int> threads;
  bool json = false;
  bool markdown = false;
};

struct Row {
  Model model;
  SixNumbers numbers;
};

Row row_of(const Model& model, const Options& options, Context& context) {
  const LoadedWeights weights = weights_of(model, checkpoint_of(model, ""));
  const Splits data = load_splits(model.data(), {options.data_dir});
  return {model, six_numbers(model, data, weights.parameters, weights.states, context)};
}

std::string json_text(const std::vector<Row>& rows) {
  auto json = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    auto entry = to_json(row.model, row.numbers);
    entry["parameters"] = parameter_count(row.model);
    json.push_back(entry);
  }
  return json.dump(2) + "\n";
}

text::Table table_of(const std::vector<Row>& rows) {
  text::Table table({"model", "parameters", "train loss", "accuracy", "valid. loss", "accuracy",
                     "test loss", "accuracy"});
  for (const Row& row : rows) {
    const auto& [train, validation, test] = row.numbers;
    table.add({row.model.name(), text::with_commas(parameter_count(row.model)),
               text::loss_text(train.loss), text::percent(train.accuracy),
               validation ? text::loss_text(validation->loss) : "-",
               validation ? text::percent(validation->accuracy) : "-", text::loss_text(test.loss),
               text::percent(test.accuracy)});
  }
  return table;
}

Exit run(const Options& options, Console& console) {
  std::vector<Model> models;
  for (const std::string& file : options.models) models.push_back(Model::load(file));
  // Say at once which models still need training, before any time is spent on the others.
  std::string missing;
  for (const Model& model : models) {
    const std::string path = checkpoint_of(model, "");
    std::error_code error;
    if (!std::filesystem::exists(path, error)) missing += "  " + fit_command(model, path) + "\n";
  }
  if (!missing.empty()) {
    spdlog::error("comparing models: some have no checkpoint yet; train them first:\n{}",
                  missing.substr(0, missing.size() - 1));
    return Exit::data;
  }
  Context context(options.threads.value_or(hardware_threads()));
  std::vector<Row> rows;
  for (const Model& model : models) rows.push_back(row_of(model, options, context));
  const text::Table table = table_of(rows);
  console.print(options.json       ? json_text(rows)
                : options.markdown ? table.markdown()
                                   : table.text());
  for (const Row& row : rows) {
    const Model& first = rows.front().model;
    if (row.model.loss_name() == first.loss_name()) continue;
    console.note(text::concat("The losses are not of one kind: ", first.name(), " has the ",
                              first.loss_name(), ", ", row.model.name(), " the ",
                              row.model.loss_name(), "; compare accuracies.\n"));
    break;
  }
  return Exit::good;
}

}  // namespace

void add_compare(CLI::App& program, Action& action) {
  CLI::App* command =
      program.add_subcommand("compare", "Loss and accuracy of several trained models in one table");
  auto options = std::make_shared<Options>();
  command->add_option("MODELS", options->models, "The models' JSON files")
      ->required()
      ->type_name("");
  add_data_dir(*command, options->data_dir);
  add_threads(*command, options->threads);
  CLI::Option* json = add_json(*command, options->json);
  command->add_flag("--markdown", options->markdown, "Print a table of Markdown")->excludes(json);
  command->footer(
      "Each model is read with the checkpoint that it names: run autonet fit on it first.\n\n"
      "Example:\n"
      "  autonet compare models/logreg.json models/net_1layer.json models/convnet1.json");
  command->final_callback([options, &action] {
    action = [options](Console& console) { return run(*options, console); };
  });
}

}  // namespace autonet
