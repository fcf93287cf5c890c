// autonet summary: the sizes of a model, layer by layer.
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/shared_options.h"
#include "cli/text_table.h"
#include "models/model.h"

namespace autonet {
namespace {

struct Options {
  std::string model;
  bool json = false;
};

struct Totals {
  Index units = 0;
  Index connections = 0;
  Index weights = 0;
  Index biases = 0;
  double multiply_adds = 0;
  double bytes = 0;
};

/// Bytes of a layer: its output for one image and its parameters, as f32.
double bytes_of_layer(const LayerInfo& layer) {
  return 4.0 * static_cast<double>(layer.units + layer.weights + layer.biases);
}

Totals totals_of(const Model& model) {
  Totals totals;
  for (const LayerInfo& layer : model.layers()) {
    totals.units += layer.units;
    totals.connections += layer.connections;
    totals.weights += layer.weights;
    totals.biases += layer.biases;
    totals.multiply_adds += layer.multiply_adds;
    totals.bytes += bytes_of_layer(layer);
  }
  return totals;
}

std::string json_text(const Model& model) {
  auto layers = nlohmann::ordered_json::array();
  for (const LayerInfo& layer : model.layers()) {
    const auto lengths = layer.output.lengths();
    layers.push_back({{"name", layer.name},
                      {"type", layer.type},
                      {"inputs", layer.inputs},
                      {"output", std::vector<Index>(lengths.begin(), lengths.end())},
                      {"channels", layer.channels},
                      {"units", layer.units},
                      {"connections", layer.connections},
                      {"parameters_without_biases", layer.weights},
                      {"parameters", layer.weights + layer.biases},
                      {"multiply_adds", layer.multiply_adds},
                      {"bytes", bytes_of_layer(layer)}});
  }
  const Totals totals = totals_of(model);
  const auto image = model.image_shape().lengths();
  const nlohmann::ordered_json json = {{"model", model.name()},
                                       {"input", std::vector<Index>(image.begin(), image.end())},
                                       {"classes", model.classes()},
                                       {"layers", layers},
                                       {"total",
                                        {{"units", totals.units},
                                         {"connections", totals.connections},
                                         {"parameters_without_biases", totals.weights},
                                         {"parameters", totals.weights + totals.biases},
                                         {"multiply_adds", totals.multiply_adds},
                                         {"bytes", totals.bytes}}}};
  return json.dump(2) + "\n";
}

/// "conv_1"; with its type where the name does not begin as the type does.
std::string name_text(const LayerInfo& layer) {
  return layer.name.substr(0, 3) == layer.type.substr(0, 3) ? layer.name
                                                            : layer.name + " (" + layer.type + ")";
}

TextTable table_of(const Model& model, bool with_types) {
  TextTable table({"layer", "output", "channels", "units", "connections", "weights", "parameters",
                   "mult-adds", "memory"});
  table.align_left({1});
  table.add({"input", model.image_shape().str(),
             std::to_string(model.image_shape()[model.image_shape().rank() - 1]),
             with_commas(model.image_shape().size())});
  for (const LayerInfo& layer : model.layers()) {
    table.add(
        {with_types ? name_text(layer) : layer.name, layer.output.str(),
         with_commas(layer.channels), with_commas(layer.units), with_commas(layer.connections),
         with_commas(layer.weights), with_commas(layer.weights + layer.biases),
         with_commas(static_cast<Index>(layer.multiply_adds)), bytes_text(bytes_of_layer(layer))});
  }
  const Totals totals = totals_of(model);
  table.add_rule();
  table.add({"total", "", "", with_commas(totals.units), with_commas(totals.connections),
             with_commas(totals.weights), with_commas(totals.weights + totals.biases),
             with_commas(static_cast<Index>(totals.multiply_adds)), bytes_text(totals.bytes)});
  return table;
}

std::string summary_text(const Model& model) {
  constexpr size_t kWidest = 100;
  std::string table = table_of(model, true).text();
  if (table.find('\n', table.find("\n---") + 1) - table.find("\n---") > kWidest + 1)
    table = table_of(model, false).text();
  return model.name() + "\n" + table +
         "\nFor one image. Output is [rows, columns, channels]; weights leave the biases out, "
         "parameters\nhave them in; memory is that of the output and the parameters, as f32.\n";
}

}  // namespace

void add_summary(CLI::App& program, Action& action) {
  CLI::App* command =
      program.add_subcommand("summary", "Sizes of a model: units, connections, parameters, work");
  auto options = std::make_shared<Options>();
  add_model(*command, options->model);
  add_json(*command, options->json);
  command->footer(
      "Examples:\n"
      "  autonet summary models/convnet1.json\n"
      "  autonet summary models/convnet1.json --json");
  command->final_callback([options, &action] {
    action = [options](Console& console) {
      const Model model = Model::load(options->model);
      console.print(options->json ? json_text(model) : summary_text(model));
      return Exit::good;
    };
  });
}

}  // namespace autonet
