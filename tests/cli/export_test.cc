// export and import: the files, what is printed, and the same numbers by onnxruntime.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "autonet/train/checkpoint.h"
#include "autonet/train/predictor.h"
#include "tests/cli/run_program.h"
#include "tests/exchange/model_inputs.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

/// A Python that has onnx and onnxruntime; empty if there is none.
std::string python() {
  std::vector<std::string> names = {"python3"};
  if (const char* given = std::getenv("AUTONET_PYTHON")) names.insert(names.begin(), given);
  for (const std::string& name : names) {
    const std::string command = name + " -c 'import onnx, onnxruntime' > /dev/null 2>&1";
    if (std::system(command.c_str()) == 0) return name;
  }
  return "";
}

/// The bytes of an .npy file of f32 numbers.
std::string npy(const Array& array) {
  std::string shape;
  for (const Index length : array.shape().lengths()) shape += std::to_string(length) + ",";
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.resize((header.size() + 11 + 63) / 64 * 64 - 11, ' ');
  header += "\n";
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xFFU);
  bytes += static_cast<char>(header.size() >> 8U);
  const Array numbers = array.to(DType::f32).contiguous();
  bytes += header;
  bytes.append(static_cast<const char*>(numbers.raw()), numbers.type().bytes());
  return bytes;
}

/// Exports a model with its initial weights to FOLDER/NAME.onnx, with inputs and the outputs that
/// autonet predicts for them.
void export_with_numbers(const TestFolder& folder, const std::string& file,
                         const std::string& name) {
  const Outcome outcome =
      run_program(folder, {"export", file, "--onnx", name + ".onnx", "--initial"});
  REQUIRE_MESSAGE(outcome.status == 0, outcome.err);
  const Model model = Model::load(file);
  const Weights weights = model.initial_weights(DType::f32, model.training().seed);
  const Array x = inputs_for(model, 3);
  Context context;
  folder.write(name + ".input.npy", npy(x));
  folder.write(name + ".output.npy", npy(predict(model, weights, x, context).outputs));
}

const char* const kLayers = R"({"name": "m", "input": [8, 7, 4], "classes": 5, "layers": [
  {"type": "conv2d", "channels": 6, "kernel": 3, "padding": "same", "stride": 2, "groups": 2},
  {"type": "batch_norm", "activation": "gelu"}, {"type": "group_norm", "groups": 3},
  {"type": "conv2d_transpose", "channels": 4, "kernel": 3, "stride": 2, "more": 1, "padding": 1},
  {"name": "n", "type": "layer_norm", "activation": "leaky_relu"},
  {"name": "u", "type": "upsample", "factor": 2, "method": "linear"},
  {"name": "p", "type": "max_pool2d", "kernel": 3, "stride": 2, "padding": 1},
  {"name": "a", "type": "avg_pool2d", "kernel": 2, "stride": 1, "padding": [[0, 1], [1, 0]], "inputs": ["p"]},
  {"type": "concat", "inputs": ["a", "p"]}, {"type": "dropout"}, {"type": "elu"},
  {"type": "upsample", "factor": 2}, {"type": "softmax"},
  {"type": "conv2d", "channels": 4, "kernel": 2, "padding": [[-1, 0], [0, -1]]},
  {"type": "flatten"}, {"type": "linear", "units": 5}], "loss": "softmax_cross_entropy"})";

const char* const kTokens = R"({"name": "t", "input": [6], "classes": 3, "layers": [
  {"type": "embedding", "tokens": 11, "units": 8}, {"type": "position_embedding"},
  {"type": "attention", "heads": 2, "causal": true}, {"type": "batch_norm"},
  {"type": "lstm", "units": 5, "every_step": true}, {"type": "lstm", "units": 4},
  {"type": "linear", "units": 3}], "loss": "softmax_cross_entropy"})";

}  // namespace

TEST_CASE("onnx.checker accepts exported models, and onnxruntime computes the same numbers") {
  const std::string python_program = python();
  if (python_program.empty()) {
    MESSAGE("SKIPPED: no Python with onnx and onnxruntime; name one in AUTONET_PYTHON");
    return;
  }
  const TestFolder folder;
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(AUTONET_SOURCE_DIR "/models")) {
    const std::string path = entry.path().string();
    if (!path.ends_with(".json") || path.ends_with("schema.json")) continue;
    export_with_numbers(folder, path, entry.path().stem().string());
    ++count;
  }
  export_with_numbers(folder, folder.write("layers.json", kLayers), "layers");
  export_with_numbers(folder, folder.write("tokens.json", kTokens), "tokens");
  const std::string command = python_program + " " + AUTONET_SOURCE_DIR +
                              "/tests/cli/check_onnx.py " + folder.path() + " > " +
                              folder.path("out") + " 2>&1";
  const int status = std::system(command.c_str());
  CHECK_MESSAGE(status == 0, folder.read("out"));
  const std::string out = folder.read("out");
  CHECK(std::count(out.begin(), out.end(), '\n') == count + 2);
}

TEST_CASE("a trained model is exported, imported and run with the same probabilities") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome early = run_program(folder, {"export", "m.json", "--onnx", "m.onnx"});
  CHECK(early.status == 3);
  CHECK(contains(early.err, "make it with: autonet fit m.json"));
  CHECK(!std::filesystem::exists(folder.path("m.onnx")));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  const Outcome exported = run_program(folder, {"export", "m.json", "--onnx", "m.onnx"});
  REQUIRE_MESSAGE(exported.status == 0, exported.err);
  CHECK(exported.out.empty());
  CHECK_MESSAGE(
      contains(exported.err, "Wrote m.onnx: m with the weights of m.npz, 3 nodes, opset 17, "),
      exported.err);

  const Model model = Model::load(folder.path("m.json"));
  const Array x = inputs_for(model, 4);
  ArrayFile given;
  given.arrays = {{"input", x}};
  save_arrays(folder.path("x.npz"), given);
  const Outcome run =
      run_program(folder, {"import", "m.onnx", "--run", "x.npz", "--output", "y.npz"});
  REQUIRE_MESSAGE(run.status == 0, run.err);
  const ArrayFile outputs = load_arrays(folder.path("y.npz"));
  REQUIRE(outputs.arrays.size() == 1);
  CHECK(outputs.arrays[0].name == "output");
  const Outcome predicted = run_program(folder, {"predict", "m.json", "x.npz", "--json"});
  REQUIRE_MESSAGE(predicted.status == 0, predicted.err);
  const json rows = json::parse(predicted.out);
  for (size_t n = 0; n < 4; ++n) {
    size_t k = 0;
    for (const auto& probability : rows[n]["probabilities"]) {
      CHECK(outputs.arrays[0].array.at({static_cast<Index>(n), static_cast<Index>(k++)}) ==
            doctest::Approx(probability.get<double>()).epsilon(1e-5));
    }
    CHECK(k == 10);
  }
  // Printed instead of written, of an .npy file.
  folder.write("x.npy", npy(x));
  const Outcome printed = run_program(folder, {"import", "m.onnx", "--run", "x.npy", "--json"});
  REQUIRE_MESSAGE(printed.status == 0, printed.err);
  CHECK(json::parse(printed.out)["output"]["shape"] == json({4, 10}));
}

TEST_CASE("import says what is in a file, and ends with status 1 for what is not supported") {
  const TestFolder folder;
  REQUIRE(run_program(folder, {"export", shipped("convnet1"), "--onnx", "c.onnx", "--initial",
                               "--channels-first", "--logits", "--opset", "21"})
              .status == 0);
  const Outcome info = run_program(folder, {"import", "c.onnx"});
  CHECK(info.status == 0);
  CHECK_MESSAGE(contains(info.out, "c.onnx: convnet1, opset 21, written by autonet"), info.out);
  CHECK(contains(info.out, "input   input  [?,1,16,16] float\n"));
  CHECK(contains(info.out, "All operators are supported.\n"));
  const Outcome as_json = run_program(folder, {"import", "c.onnx", "--json"});
  const json parsed = json::parse(as_json.out);
  CHECK(parsed["operators"]["Conv"] == 2);
  CHECK(parsed["inputs"][0]["shape"] == json({nullptr, 1, 16, 16}));
  // The name of an operator is changed to one that does not exist, wherever it stands.
  std::string bytes = folder.read("c.onnx");
  for (size_t at = 0; (at = bytes.find("MaxPool", at)) != bytes.npos;)
    bytes.replace(at, 7, "MixPool");
  folder.write("d.onnx", bytes);
  const Outcome unknown = run_program(folder, {"import", "d.onnx"});
  CHECK(unknown.status == 1);
  CHECK_MESSAGE(contains(unknown.out, "Not supported:\n  operator MixPool, 2 nodes"), unknown.out);
}

TEST_CASE("wrong uses of export and import are refused before any work") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  struct Case {
    std::vector<std::string> words;
    int status;
    std::string error;
  };
  const std::vector<Case> cases = {
      {{"export", "m.json"}, 2, "export: name what to write with --onnx FILE or --c FOLDER"},
      {{"export", "m.json", "--onnx", "m.json", "--initial"}, 2, "m.json"},
      {{"export", "m.json", "--onnx", "no/m.onnx", "--initial"}, 3, "no/m.onnx"},
      {{"export", "m.json", "--onnx", "m.onnx", "--opset", "9"}, 2, "from 13 to 23, got 9"},
      {{"import", "no.onnx"}, 3, "no.onnx"},
      {{"import", "m.json"}, 3, "reading m.json: at byte "},
      {{"import", "m.json", "--output", "y.npz"}, 2, "--output needs --run"},
      {{"conformance", "."}, 3, "there is no folder with model.onnx"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.error);
    const Outcome outcome = run_program(folder, one.words);
    CHECK(outcome.status == one.status);
    CHECK(outcome.out.empty());
    CHECK_MESSAGE(contains(outcome.err, one.error), outcome.err);
  }
}

}  // namespace autonet::cli
