// autonet summary: the sizes of a model, layer by layer.
#include "autonet/models/model.h"
#include "autonet/text/concat.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/process_memory.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"
#include "text/numbers.h"
#include "text/table.h"
#include "train/memory.h"

namespace autonet::cli {
namespace {

using internal::training_memory;
using internal::TrainingMemory;

struct Options {
  ModelChoice model;
  std::optional<Index> batch;
  int threads = hardware_threads();
  bool json = false;
};

/// The memory that training takes in this process.
struct Training {
  Index batch = 0;
  int threads = 1;
  std::size_t program = 0;               // what the process itself takes
  std::optional<TrainingMemory> memory;  // nothing if the step is too large to plan
};

/// Bytes in f32 of a layer's output for one image and of its parameters.
double bytes_of(const LayerInfo& layer) {
  return 4.0 * static_cast<double>(layer.units + layer.weights + layer.biases);
}

/// The sums of the sizes of all layers.
LayerInfo totals_of(const Model& model) {
  LayerInfo totals;
  for (const LayerInfo& layer : model.layers()) {
    totals.units += layer.units;
    totals.connections += layer.connections;
    totals.weights += layer.weights;
    totals.biases += layer.biases;
    totals.multiply_adds += layer.multiply_adds;
  }
  return totals;
}

/// The sizes that a layer and the totals have in common.
Json sizes_json(const LayerInfo& sizes) {
  return {{"units", sizes.units},
          {"connections", sizes.connections},
          {"parameters_without_biases", sizes.weights},
          {"parameters", sizes.weights + sizes.biases},
          {"multiply_adds", sizes.multiply_adds},
          {"bytes", bytes_of(sizes)}};
}

void add_sizes(std::vector<std::string>& cells, const LayerInfo& sizes) {
  for (const Index size :
       {sizes.units, sizes.connections, sizes.weights, sizes.weights + sizes.biases})
    cells.push_back(text::with_commas(size));
  cells.push_back(text::with_commas(sizes.multiply_adds));
}

std::string json_text(const Model& model, const Training& training) {
  auto layers = Json::array();
  for (const LayerInfo& layer : model.layers()) {
    layers.push_back({{"name", layer.name},
                      {"type", layer.type},
                      {"inputs", layer.inputs},
                      {"output", to_json(layer.output)},
                      {"channels", layer.channels}});
    layers.back().update(sizes_json(layer));
  }
  Json json = {{"model", model.name()},      {"input", to_json(model.input_shape())},
               {"classes", model.classes()}, {"outputs", model.outputs()},
               {"layers", layers},           {"total", sizes_json(totals_of(model))},
               {"training_memory", nullptr}};
  if (const auto& memory = training.memory) {
    json["training_memory"] = {{"batch", training.batch},
                               {"threads", training.threads},
                               {"program", training.program},
                               {"parameters", memory->parameters},
                               {"optimizer", memory->optimizer},
                               {"best", memory->best},
                               {"inputs", memory->inputs},
                               {"activations", memory->activations},
                               {"activations_unshared", memory->unshared},
                               {"scratch", memory->scratch},
                               {"total", training.program + memory->total()}};
  }
  return indented(json);
}

/// "conv_1", or "gate (multiply)" where the name does not begin like the type.
std::string name_text(const LayerInfo& layer) {
  return layer.name.substr(0, 3) == layer.type.substr(0, 3) ? layer.name
                                                            : layer.name + " (" + layer.type + ")";
}

text::Table table_of(const Model& model, bool with_types) {
  text::Table table(
      {"layer", "output", "units", "connections", "weights", "parameters", "mult-adds"});
  table.align_left({1});
  const Shape& input = model.input_shape();
  table.add({"input", input.str(), text::with_commas(input.size())});
  for (const LayerInfo& layer : model.layers()) {
    std::vector<std::string> cells = {with_types ? name_text(layer) : layer.name,
                                      layer.output.str()};
    add_sizes(cells, layer);
    table.add(cells);
  }
  table.add_rule();
  std::vector<std::string> cells = {"total", ""};
  add_sizes(cells, totals_of(model));
  table.add(cells);
  return table;
}

std::string training_text(const Model& model, const Training& training) {
  if (!training.memory) {
    return "Training takes more than 4 GiB for each " + input_noun(model) + ".\n";
  }
  const std::string batches = text::concat("Training on batches of ", training.batch);
  const TrainingMemory& memory = *training.memory;
  text::Table table(
      {text::concat(batches, " with ", text::counted(training.threads, "thread"), " takes"),
       text::bytes_text(training.program + memory.total())});
  const auto add = [&](const std::string& what, std::size_t bytes) {
    table.add({"  " + what, text::bytes_text(bytes)});
  };
  add("parameters and optimizer", memory.parameters + memory.best + memory.optimizer);
  add(text::concat("activations and gradients (", text::bytes_text(memory.unshared),
                   " without sharing of memory)"),
      memory.activations);
  add(input_noun(model) + "s of the batch", memory.inputs);
  add("scratch memory", memory.scratch);
  add("the program itself", training.program);
  return table.text() + "The data set comes on top.\n";
}

std::string summary_text(const Model& model, const Training& training) {
  constexpr size_t kWidest = 80;
  std::string table = table_of(model, true).text();
  if (table.find('\n', table.find("\n---") + 1) - table.find("\n---") > kWidest + 1)
    table = table_of(model, false).text();
  return model.name() + "\n" + table + "\nAll figures are for one " + input_noun(model) +
         (model.input_shape().rank() == 3 ? ". output: rows, columns, channels" : "") +
         ".\nconnections: numbers that the outputs read, without biases. \nparameters: weights and "
         "biases. Output and parameters take " +
         text::bytes_text(bytes_of(totals_of(model))) + " in f32.\n\n" +
         training_text(model, training);
}

ExitStatus run(const Options& options, Console& console) {
  const Model model = load_model(options.model.name, options.model.settings);
  Training training;
  training.batch = options.batch.value_or(model.training().batch_size);
  training.threads = options.threads;
  training.memory = training_memory(model, training.batch, training.threads);
  // Measured after planning, which has loaded the code of training.
  training.program = process_memory().now;
  console.print(options.json ? json_text(model, training) : summary_text(model, training));
  return ExitStatus::good;
}

}  // namespace

void add_summary(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "summary",
                  "Show the sizes of a model's layers, and the memory of training", run);
  add_model(command, options.model);
  add_batch(command, options.batch);
  add_threads(command, options.threads);
  add_json(command, options.json);
  command.footer(
      "Examples:\n"
      "  autonet summary models/convnet1.json\n"
      "  autonet summary models/convnet1.json --json");
}

}  // namespace autonet::cli
