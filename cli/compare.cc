// autonet compare: the results of several trained models in one table.
#include <spdlog/spdlog.h>

#include <filesystem>

#include "autonet/text/concat.h"
#include "autonet/train/load_data.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/results.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

struct Options {
  std::vector<std::string> models;
  std::vector<std::string> settings;
  std::string data_dir;
  int threads = hardware_threads();
  bool json = false;
  bool markdown = false;
};

struct Row {
  Model model;
  Results results;
};

Row row_of(const Model& model, const Options& options, Context& context) {
  const std::string path = checkpoint_of(model, "");
  const Weights weights = weights_of(model, path);
  const Splits data = load_data(model, {options.data_dir});
  Row row{.model = model, .results = results_of(model, data, weights, context)};
  check_finite(model, row.results, path);
  return row;
}

std::string json_text(const std::vector<Row>& rows) {
  auto json = Json::array();
  for (const Row& row : rows) {
    json.push_back(to_json(row.model, row.results));
    json.back()["parameters"] = parameter_count(row.model);
  }
  return indented(json);
}

std::string quality_of(const std::vector<Row>& rows) {
  const bool regression =
      std::ranges::all_of(rows, [](const Row& row) { return row.model.classes() == 0; });
  return regression ? "RMSE" : "accuracy";
}

std::string heading_of(const std::vector<Row>& rows) {
  return "The loss on the train, validation and test parts, each beside the " + quality_of(rows) +
         "\n\n";
}

text::Table table_of(const std::vector<Row>& rows, const std::string& loss) {
  const std::string quality = quality_of(rows);
  text::Table table({"model", "parameters", "train" + loss, quality, "valid." + loss, quality,
                     "test" + loss, quality});
  for (const Row& row : rows) {
    std::vector<std::string> cells = {row.model.name(),
                                      text::with_commas(parameter_count(row.model))};
    for (const std::optional<Metrics>& metrics :
         {row.results.train, row.results.validation, row.results.test}) {
      cells.push_back(metrics ? text::loss_text(metrics->loss) : "-");
      cells.push_back(metrics ? quality_text(row.model, *metrics) : "-");
    }
    table.add(cells);
  }
  return table;
}

ExitStatus run(const Options& options, Console& console) {
  std::vector<Model> models;
  for (const std::string& file : options.models) {
    models.push_back(load_model(file, options.settings));
  }
  // Name all models that are not trained yet before spending time on the others.
  std::string missing;
  for (const Model& model : models) {
    const std::string path = checkpoint_of(model, "");
    std::error_code error;
    if (!std::filesystem::exists(path, error)) missing += "\n  " + fit_command(model, path);
  }
  if (!missing.empty()) {
    spdlog::error("comparing models: some have no checkpoint yet; train them first:{}", missing);
    return ExitStatus::data;
  }
  Context context(options.threads);
  std::vector<Row> rows;
  rows.reserve(models.size());
  for (const Model& model : models) rows.push_back(row_of(model, options, context));
  const text::Table table = table_of(rows, options.markdown ? " loss" : "");
  console.print(options.json       ? json_text(rows)
                : options.markdown ? table.markdown()
                                   : heading_of(rows) + table.text());
  const Model& first = rows.front().model;
  for (const Row& row : rows) {
    if (row.model.loss_name() == first.loss_name()) continue;
    console.note(text::concat("Compare the accuracies only: the models have different losses (",
                              first.name(), ": ", first.loss_name(), ", ", row.model.name(), ": ",
                              row.model.loss_name(), ").\n"));
    break;
  }
  return ExitStatus::good;
}

}  // namespace

void add_compare(CLI::App& program, Action& action) {
  auto [command, options] = add_command(program, action, "compare",
                                        "Show loss and accuracy of several trained models", run);
  command
      .add_option("MODELS", options.models, "The models' JSON files, or names of installed models")
      ->required()
      ->type_name("");
  add_settings(command, options.settings);
  add_data_dir(command, options.data_dir);
  add_threads(command, options.threads);
  CLI::Option* json = add_json(command, options.json);
  command.add_flag("--markdown", options.markdown, "Print the table in Markdown")->excludes(json);
  command.footer(
      "The weights come from the checkpoint that each model file names; train the models with\n"
      "autonet fit first.\n\n"
      "Example:\n"
      "  autonet compare models/logreg.json models/net_1layer.json models/convnet1.json");
}

}  // namespace autonet::cli
