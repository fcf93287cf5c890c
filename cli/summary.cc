// autonet summary: the sizes of a model, layer by layer.
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/process_memory.h"
#include "cli/shared_options.h"
#include "models/model.h"
#include "text/numbers.h"
#include "text/table.h"
#include "train/memory.h"

namespace autonet {
namespace {

using internal::training_memory;
using internal::TrainingMemory;

struct Options {
  std::string model;
  std::optional<Index> batch;
  std::optional<int> threads;
  bool json = false;
};

/// What training would take, with this process as it is.
struct Peak {
  Index batch = 0;
  int threads = 1;
  std::size_t program = 0;
  std::optional<TrainingMemory> memory;  // nothing: too large to plan
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

std::string json_text(const Model& model, const Peak& peak) {
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
  nlohmann::ordered_json json = {{"model", model.name()},
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
  if (peak.memory) {
    json["training_memory"] = {{"batch", peak.batch},
                               {"threads", peak.threads},
                               {"program", peak.program},
                               {"parameters", peak.memory->parameters},
                               {"optimizer", peak.memory->optimizer},
                               {"best", peak.memory->best},
                               {"inputs", peak.memory->inputs},
                               {"activations", peak.memory->activations},
                               {"activations_unshared", peak.memory->unshared},
                               {"scratch", peak.memory->scratch},
                               {"total", peak.program + peak.memory->total()}};
  } else {
    json["training_memory"] = nullptr;
  }
  return json.dump(2) + "\n";
}

/// "conv_1"; with its type where the name does not begin as the type does.
std::string name_text(const LayerInfo& layer) {
  return layer.name.substr(0, 3) == layer.type.substr(0, 3) ? layer.name
                                                            : layer.name + " (" + layer.type + ")";
}

text::Table table_of(const Model& model, bool with_types) {
  text::Table table({"layer", "output", "channels", "units", "connections", "weights", "parameters",
                     "mult-adds", "memory"});
  table.align_left({1});
  table.add({"input", model.image_shape().str(),
             std::to_string(model.image_shape()[model.image_shape().rank() - 1]),
             text::with_commas(model.image_shape().size())});
  for (const LayerInfo& layer : model.layers()) {
    table.add({with_types ? name_text(layer) : layer.name, layer.output.str(),
               text::with_commas(layer.channels), text::with_commas(layer.units),
               text::with_commas(layer.connections), text::with_commas(layer.weights),
               text::with_commas(layer.weights + layer.biases),
               text::with_commas(static_cast<Index>(layer.multiply_adds)),
               text::bytes_text(bytes_of_layer(layer))});
  }
  const Totals totals = totals_of(model);
  table.add_rule();
  table.add({"total", "", "", text::with_commas(totals.units),
             text::with_commas(totals.connections), text::with_commas(totals.weights),
             text::with_commas(totals.weights + totals.biases),
             text::with_commas(static_cast<Index>(totals.multiply_adds)),
             text::bytes_text(totals.bytes)});
  return table;
}

std::string bytes_of(std::size_t bytes) {
  return text::bytes_text(static_cast<double>(bytes));
}

std::string peak_text(const Peak& peak) {
  if (!peak.memory) {
    return "Training on batches of " + std::to_string(peak.batch) +
           " takes more than 4 GiB; a smaller --batch is planned to the byte.\n";
  }
  const TrainingMemory& memory = *peak.memory;
  return "Training on batches of " + std::to_string(peak.batch) + " with " +
         std::to_string(peak.threads) + (peak.threads == 1 ? " thread" : " threads") + " takes " +
         bytes_of(peak.program + memory.total()) + ", and the data set:\nparameters, optimizer " +
         bytes_of(memory.parameters + memory.best + memory.optimizer) +
         "; activations and gradients " + bytes_of(memory.activations) + " (" +
         bytes_of(memory.unshared) + " if no buffer\nwere used twice); images " +
         bytes_of(memory.inputs) + "; scratch " + bytes_of(memory.scratch) + "; the program " +
         bytes_of(peak.program) + ".\n";
}

std::string summary_text(const Model& model, const Peak& peak) {
  constexpr size_t kWidest = 100;
  std::string table = table_of(model, true).text();
  if (table.find('\n', table.find("\n---") + 1) - table.find("\n---") > kWidest + 1)
    table = table_of(model, false).text();
  return model.name() + "\n" + table +
         "\nFor one image. Output is [rows, columns, channels]; weights leave the biases out, "
         "parameters\nhave them in; memory is that of the output and the parameters, as f32.\n\n" +
         peak_text(peak);
}

}  // namespace

void add_summary(CLI::App& program, Action& action) {
  CLI::App* command =
      program.add_subcommand("summary", "Sizes of a model: units, connections, parameters, work");
  auto options = std::make_shared<Options>();
  add_model(*command, options->model);
  command
      ->add_option("--batch", options->batch, "Images in a batch (default: the model's batch_size)")
      ->check(whole_number(1, 1048576))
      ->type_name("N");
  add_threads(*command, options->threads);
  add_json(*command, options->json);
  command->footer(
      "Examples:\n"
      "  autonet summary models/convnet1.json\n"
      "  autonet summary models/convnet1.json --json");
  command->final_callback([options, &action] {
    action = [options](Console& console) {
      const Model model = Model::load(options->model);
      Peak peak;
      peak.batch = options->batch.value_or(model.training().batch_size);
      peak.threads = options->threads.value_or(hardware_threads());
      peak.memory = training_memory(model, peak.batch, peak.threads);
      peak.program = process_memory().now;  // with the code that training runs through
      console.print(options->json ? json_text(model, peak) : summary_text(model, peak));
      return Exit::good;
    };
  });
}

}  // namespace autonet
