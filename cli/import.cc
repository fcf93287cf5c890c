// autonet import: what an ONNX file computes, its outputs for given inputs, and the network as a
// model.
#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/autograd/program.h"
#include "autonet/exchange/onnx_graph.h"
#include "autonet/text/concat.h"
#include "autonet/train/checkpoint.h"
#include "cli/command.h"
#include "cli/import_model.h"
#include "cli/json.h"
#include "cli/separate_files.h"
#include "cli/shared_options.h"
#include "data/file_bytes.h"
#include "data/npy.h"
#include "text/numbers.h"
#include "text/table.h"
#include "train/atomic_file.h"

namespace autonet::cli {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> inputs;
  std::string output;
  int threads = hardware_threads();
  bool info = false;
  bool json = false;
  ImportModel model;
};

Index weight_count(const OnnxGraph& graph) {
  Index count = 0;
  for (const OnnxWeight& weight : graph.weights()) count += weight.array.size();
  return count;
}

Json values_json(const std::vector<OnnxValue>& values) {
  Json json = Json::array();
  for (const OnnxValue& value : values) {
    Json shape = value.any_rank ? Json() : Json::array();
    for (const Index length : value.lengths) shape.push_back(length < 0 ? Json() : Json(length));
    json.push_back({{"name", value.name}, {"type", value.type}, {"shape", shape}});
  }
  return json;
}

std::string info_json(const OnnxGraph& graph, const Options& options) {
  Json operators = Json::object();
  for (const auto& [name, count] : graph.operators()) operators[name] = count;
  return indented({{"file", options.file},
                   {"graph", graph.name()},
                   {"producer", graph.producer()},
                   {"opset", graph.opset()},
                   {"inputs", values_json(graph.inputs())},
                   {"outputs", values_json(graph.outputs())},
                   {"weights", graph.weights().size()},
                   {"parameters", weight_count(graph)},
                   {"operators", operators},
                   {"not_supported", graph.unsupported()}});
}

std::string values_text(const char* what, const std::vector<OnnxValue>& values) {
  std::string text;
  for (const OnnxValue& value : values)
    text += text::concat(what, "  ", value.name, "  ", value.str(), "\n");
  return text;
}

std::string info_text(const OnnxGraph& graph, const Options& options) {
  std::string text = text::concat(
      options.file, ": ", graph.name().empty() ? "a graph" : graph.name(), ", opset ",
      graph.opset(), graph.producer().empty() ? "" : ", written by ", graph.producer(), "\n",
      values_text("input ", graph.inputs()), values_text("output", graph.outputs()),
      text::counted(std::ssize(graph.weights()), "weight array"), ", ",
      text::with_commas(weight_count(graph)), " numbers\n\n");
  text::Table table({"operator", "nodes"});
  for (const auto& [name, count] : graph.operators()) table.add({name, text::concat(count)});
  text += table.text() + "\n";
  const std::vector<std::string> missing = graph.unsupported();
  if (missing.empty()) return text + "All operators are supported.\n";
  return text + "Not supported:\n  " + text::joined(missing, "\n  ") + "\n";
}

/// The arrays of a file, .npy, .npz or .safetensors.
std::vector<NamedArray> arrays_of(const std::string& path) {
  if (!path.ends_with(".npy")) return load_arrays(path).arrays;
  constexpr Index kLargest = Index{1} << 34;
  const std::string bytes = internal::read_file(path, kLargest);
  return {{"", internal::to_array(internal::parse_npy(bytes, path), path)}};
}

/// One array for each input: by name if the files have the names of all inputs, else in order.
std::vector<Array> inputs_for(const OnnxGraph& graph, const Options& options) {
  std::vector<NamedArray> given;
  for (const std::string& path : options.inputs) {
    for (NamedArray& array : arrays_of(path)) given.push_back(std::move(array));
  }
  if (given.size() != graph.inputs().size()) {
    throw DataError(text::concat(
        "import: ", options.file, " has ", text::counted(std::ssize(graph.inputs()), "input"),
        ", but the files hold ", text::counted(std::ssize(given), "array")));
  }
  std::vector<Array> inputs;
  for (size_t i = 0; i < given.size(); ++i) {
    const OnnxValue& value = graph.inputs()[i];
    const auto named = std::ranges::find(given, value.name, &NamedArray::name);
    const NamedArray& chosen = named == given.end() ? given[i] : *named;
    inputs.push_back(chosen.array.to(value.dtype));
  }
  return inputs;
}

/// Runs the graph and prints its outputs or writes them to a file.
void run_graph(const OnnxGraph& graph, const Options& options, Console& console) {
  Context context(options.threads);
  Tape tape(context);
  std::vector<Var> inputs;
  for (const Array& input : inputs_for(graph, options)) inputs.push_back(tape.variable(input));
  const std::vector<Var> outputs = graph(tape, inputs);
  ArrayFile file;
  Json json = Json::object();
  std::string text;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string& name = graph.outputs()[i].name;
    const Array value = outputs[i].value();
    file.arrays.push_back({name, value});
    json[name] = {{"shape", to_json(value.shape())}, {"numbers", value.to_vector()}};
    text += text::concat(name, "  ", value.shape(), "\n", value.str(), "\n");
  }
  if (!options.output.empty()) {
    save_arrays(options.output, file);
    console.note(text::concat("Wrote ", options.output, "\n"));
  } else {
    console.print(options.json ? one_line(json) : text);
  }
}

ExitStatus run(const Options& given, Console& console) {
  Options options = given;
  std::vector<UsedFile> files = {{"the ONNX file", options.file, false},
                                 {"--output", options.output}};
  for (const std::string& input : options.inputs) files.push_back({"--run", input, false});
  check_separate(files);
  if (!options.output.empty()) {
    if (options.inputs.empty()) {
      throw ModelError(
          "import: --output needs --run FILE; to write the network as a model: --model FILE.json");
    }
    check_checkpoint_name(options.output);
    internal::check_writable(options.output);
  }
  check_import_model(options.model, options.file);
  const bool model = !options.model.path.empty();
  if (model && (options.info || !options.inputs.empty()))
    throw ModelError("import: --model goes with neither --info nor --run");
  const OnnxGraph graph = OnnxGraph::load(options.file);
  if (model) return import_model(options.model, graph, options.file, options.json, console);
  if (options.info || options.inputs.empty())
    console.print(options.json ? info_json(graph, options) : info_text(graph, options));
  if (!options.inputs.empty()) run_graph(graph, options, console);
  return graph.unsupported().empty() ? ExitStatus::good : ExitStatus::failed;
}

}  // namespace

void add_import(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "import",
                  "Show what is in an ONNX file, run it, or make a model of it", run);
  command.add_option("FILE", options.file, "An ONNX file")->required()->type_name("");
  command.add_flag("--info", options.info, "Show inputs, outputs and operators (the default)");
  command
      .add_option("--run", options.inputs,
                  "Run the graph on the arrays of these files, .npy, .npz or .safetensors")
      ->type_name("FILE");
  add_file(command, "--output", options.output,
           "Write the outputs of --run as .npz or .safetensors, instead of printing them");
  add_import_model_options(command, options.model);
  add_threads(command, options.threads);
  add_json(command, options.json);
  command.footer(
      "Ends with status 1 if the file has operators that are not supported. Arrays are given to\n"
      "the inputs by their names in an .npz or .safetensors file, else in order. A model that\n"
      "--model writes is one for summary, fit, predict, check-grad and the other commands.\n\n"
      "Examples:\n"
      "  autonet import model.onnx\n"
      "  autonet import model.onnx --run images.npy --output outputs.npz\n"
      "  autonet import model.onnx --model model.json --weights model.safetensors");
}

}  // namespace autonet::cli
