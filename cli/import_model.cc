#include "cli/import_model.h"

#include <charconv>
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/weights.h"
#include "cli/called.h"
#include "cli/json.h"
#include "cli/separate_files.h"
#include "cli/shared_options.h"
#include "text/numbers.h"
#include "train/atomic_file.h"

namespace autonet::cli {
namespace {

/// "3,224,224" as numbers.
std::vector<Index> lengths_of(const std::string& text) {
  std::vector<Index> lengths;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    Index length = 0;
    const auto [next, error] = std::from_chars(at, end, length);
    const bool good = error == std::errc() && length > 0 && (next == end || *next == ',');
    if (!good) {
      throw ModelError(text::concat(
          "--input: expected the lengths of one input, such as 3,224,224, got \"", text, "\""));
    }
    lengths.push_back(length);
    if (next == end) return lengths;
    at = next + 1;
  }
}

std::string comparison_text(const ImportedModel& imported) {
  if (!imported.difference)
    return "Its outputs were not compared with those of the graph, as it is very large.";
  return text::concat("Its outputs are those of the graph; the largest difference is ",
                      text::scientific(*imported.difference, 1), " of the largest output.");
}

Json result_json(const ImportModel& choice, const ImportedModel& imported,
                 const std::string& file) {
  Json layers = Json::array();
  for (const LayerInfo& layer : imported.model.layers()) {
    layers.push_back(
        {{"name", layer.name}, {"type", layer.type}, {"output", to_json(layer.output)}});
  }
  return {{"file", file},
          {"model", choice.path},
          {"weights", choice.weights},
          {"layers", layers},
          {"largest_difference", imported.difference ? Json(*imported.difference) : Json()}};
}

}  // namespace

void add_import_model_options(CLI::App& command, ImportModel& choice) {
  add_file(command, "--model", choice.path,
           "Write the network as a model, this .json file, and its weights");
  add_file(command, "--weights", choice.weights,
           "With --model: the file of the weights, .npz or .safetensors (default: the model's name "
           "with .npz)");
  command
      .add_option("--dataset", choice.options.dataset,
                  "With --model: the data set that the model is for, such as mnist")
      ->type_name("NAME");
  command.add_flag("--classes", choice.options.classes,
                   "With --model: the outputs are scores of classes, before a softmax");
  command
      .add_option("--input", choice.input,
                  "With --model: the lengths of one input, such as 3,224,224, if the file leaves "
                  "them open")
      ->type_name("LENGTHS");
}

void check_import_model(ImportModel& choice, const std::string& file) {
  if (choice.path.empty()) {
    const bool given = !choice.weights.empty() || !choice.options.dataset.empty() ||
                       choice.options.classes || !choice.input.empty();
    if (given)
      throw ModelError("import: --weights, --dataset, --classes and --input need --model FILE");
    return;
  }
  if (!choice.path.ends_with(".json"))
    throw ModelError(text::concat("--model: must end in .json, got \"", choice.path, "\""));
  if (choice.weights.empty())
    choice.weights = choice.path.substr(0, choice.path.size() - 5) + ".npz";
  check_checkpoint_name(choice.weights);
  if (!choice.input.empty()) choice.options.input = lengths_of(choice.input);
  check_separate(
      {{"the ONNX file", file, false}, {"--model", choice.path}, {"--weights", choice.weights}});
  internal::check_writable(choice.path);
  internal::check_writable(choice.weights);
}

ExitStatus import_model(const ImportModel& choice, const OnnxGraph& graph, const std::string& file,
                        bool as_json, Console& console) {
  OnnxImportOptions options = choice.options;
  // The path from the model's folder, so that the two files may be moved together.
  const auto folder = std::filesystem::absolute(choice.path).parent_path();
  options.checkpoint =
      std::filesystem::absolute(choice.weights).lexically_relative(folder).generic_string();
  const ImportedModel imported = from_onnx(graph, choice.path, options);
  save_weights(imported.model, imported.weights, choice.weights);
  internal::write_atomically(choice.path, imported.model.text());
  const Model& model = imported.model;
  Index numbers = 0;
  for (const LayerInfo& layer : model.layers()) numbers += layer.weights + layer.biases;
  if (as_json) console.print(indented(result_json(choice, imported, file)));
  console.note(text::concat(
      "Wrote ", choice.path, ": ", model.name(), ", ",
      text::counted(std::ssize(model.layers()), "layer"), ", input ", model.input_shape(), ", ",
      model.classes() > 0 ? text::counted(model.classes(), "class")
                          : text::counted(model.outputs(), "output"),
      "\nWrote ", choice.weights, ": ", text::with_commas(numbers), " numbers\n",
      comparison_text(imported), "\nTo see it: ",
      command_line("summary " + shell_word(choice.path)), "\nTo train it further: ",
      command_line("fit " + shell_word(choice.path) + " --init-from " + shell_word(choice.weights)),
      "\n"));
  return ExitStatus::good;
}

}  // namespace autonet::cli
