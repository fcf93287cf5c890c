// Models as ONNX files, read again: the same numbers.
#include "autonet/exchange/to_onnx.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "autonet/autograd/random.h"
#include "exchange/export_layer.h"
#include "tests/exchange/model_inputs.h"
#include "tests/exchange/small_graph.h"

namespace autonet::exchange {
namespace {

/// What the model itself predicts.
Array predicted(const Model& model, const Weights& weights, const Array& x, bool logits) {
  Tape tape;
  const auto vars = [&](const std::vector<Array>& arrays) {
    std::vector<Var> all;
    for (const Array& array : arrays) all.push_back(tape.variable(array));
    return all;
  };
  const Recorded recorded =
      model.record(tape.variable(x), vars(weights.parameters), vars(weights.states),
                   Model::Mode::evaluation, tape.constant(Array::scalar(0.0, x.dtype())));
  return (logits ? recorded.output : model.predictions(recorded.output)).value();
}

double difference(const Array& a, const Array& b) {
  REQUIRE(a.shape() == b.shape());
  const std::vector<double> x = a.to_vector();
  const std::vector<double> y = b.to_vector();
  double most = 0.0;
  for (size_t i = 0; i < x.size(); ++i) most = std::max(most, std::abs(x[i] - y[i]));
  return most;
}

/// Weights in which the running statistics and the biases differ from their initial values too.
Weights some_weights(const Model& model) {
  Weights weights = model.initial_weights(DType::f32, 3);
  double k = 0.0;
  for (auto* arrays : {&weights.parameters, &weights.states}) {
    for (Array& array : *arrays) {
      const std::vector<double> before = array.to_vector();
      for (size_t i = 0; i < before.size(); ++i) {
        const double more = 0.05 * std::sin(k += 0.7);
        array.data<float>()[i] =
            static_cast<float>(before[i] + (before[i] == 0.0 || before[i] == 1.0 ? more : 0.0));
      }
    }
  }
  return weights;
}

void check_same(const Model& model, const OnnxOptions& options = {}) {
  CAPTURE(model.name());
  CAPTURE(options.opset);
  const Weights weights = some_weights(model);
  const OnnxGraph graph =
      OnnxGraph::parse(to_onnx(model, weights, options), model.name() + ".onnx");
  CHECK(graph.opset() == options.opset);
  CHECK(graph.unsupported().empty());
  for (const Index n : {Index{1}, Index{3}}) {
    const Array x = inputs_for(model, n);
    Array given = x;
    if (options.channels_first && x.rank() == 4) given = x.permute({0, 3, 1, 2}).contiguous();
    Tape tape;
    const Var input = tape.variable(model.tokens() > 0 ? given.to(DType::f64) : given);
    const Array y = graph(tape, {input})[0].value();
    CHECK(difference(y, predicted(model, weights, x, options.logits)) < 1e-5);
  }
}

/// A model of one layer, or several, for inputs of these lengths.
Model model_of(const std::string& input, Index outputs, const std::string& layers) {
  return Model::parse(R"({"name": "m", "input": )" + input + R"(, "outputs": )" +
                          std::to_string(outputs) + R"(, "layers": [)" + layers +
                          R"(], "loss": "mean_squared_error"})",
                      "m.json");
}

}  // namespace

TEST_CASE("every shipped model is the same as an ONNX graph, for any number of rows") {
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(AUTONET_SOURCE_DIR) + "/models")) {
    const std::string path = entry.path().string();
    if (!path.ends_with(".json") || path.ends_with("schema.json")) continue;
    check_same(Model::load(path));
    ++count;
  }
  CHECK(count >= 16);
}

TEST_CASE("each kind of layer is the same as an ONNX graph") {
  struct Case {
    std::string input;
    Index outputs;
    std::string layers;
  };
  const std::string conv = R"({"type": "conv2d", "channels": 4, "kernel": [3, 2], "padding": 1})";
  const std::vector<Case> cases = {
      {"[6, 5, 2]", 120,
       conv + R"(, {"type": "reshape", "shape": [144]}, {"type": "linear", "units": 120})"},
      {"[6, 5, 2]", 3,
       R"({"type": "conv2d", "channels": 4, "kernel": 3, "stride": 2, "dilation": [1, 2], "padding": "same", "groups": 2, "activation": "gelu"}, {"type": "linear", "units": 3})"},
      {"[7, 7, 1]", 3,
       R"({"type": "conv2d", "channels": 2, "kernel": 3, "padding": [[-1, 2], [1, -2]]}, {"type": "flatten"}, {"type": "linear", "units": 3, "bias": false})"},
      {"[5, 6, 3]", 3,
       R"({"type": "max_pool2d", "kernel": [2, 3], "stride": 2, "padding": 1}, {"type": "avg_pool2d", "kernel": 2, "padding": 1, "stride": 1}, {"type": "avg_pool2d", "kernel": 2, "padding": [[0, 1], [1, 0]], "count_padding": true}, {"type": "flatten"}, {"type": "elu", "alpha": 0.5}, {"type": "linear", "units": 3})"},
      {"[4, 3, 2]", 2,
       R"({"type": "batch_norm", "activation": "leaky_relu"}, {"type": "dropout"}, {"type": "global_avg_pool"})"},
      {"[4, 3, 6]", 72,
       R"({"type": "group_norm", "groups": 3}, {"type": "layer_norm"}, {"type": "softmax"})"},
      {"[4, 3, 6]", 72,
       R"({"type": "conv2d", "channels": 6, "kernel": 1}, {"type": "log_softmax"}, {"type": "flatten"}, {"type": "softplus"})"},
      {"[3, 4, 4]", 150,
       R"({"type": "conv2d_transpose", "channels": 2, "kernel": [3, 2], "stride": 2, "more": [1, 0], "padding": [[0, 1], [1, 0]], "groups": 2}, {"type": "upsample", "factor": [2, 1]}, {"type": "upsample", "factor": [1, 2], "method": "linear"}, {"type": "linear", "units": 150})"},
      {"[3, 4, 4]", 3,
       R"({"type": "conv2d_transpose", "channels": 2, "kernel": 3, "stride": 2, "padding": "same"}, {"type": "linear", "units": 3})"},
      {"[3, 4, 4]", 3,
       R"({"name": "a", "type": "conv2d", "channels": 4, "kernel": 1}, {"name": "b", "type": "add", "inputs": ["a", "input"]}, {"name": "c", "type": "mul", "inputs": ["a", "b"]}, {"type": "concat", "inputs": ["c", "a", "input"]}, {"type": "sigmoid"}, {"type": "linear", "units": 3})"},
      {"[5, 4]", 3,
       R"({"type": "linear", "units": 6, "each_position": true}, {"type": "batch_norm"}, {"type": "group_norm", "groups": 2}, {"type": "attention", "heads": 3, "causal": true}, {"type": "lstm", "units": 4, "every_step": true}, {"type": "lstm", "units": 5, "bias": false, "forget_bias": 0.5}, {"type": "linear", "units": 3})"},
      {"[5, 4]", 4,
       R"({"type": "position_embedding"}, {"type": "attention", "bias": false}, {"type": "layer_norm"}, {"type": "global_avg_pool"})"},
      {"[6]", 3,
       R"({"type": "embedding", "tokens": 9, "units": 4}, {"type": "linear", "units": 3, "activation": "tanh"})"},
      {"[7]", 3,
       R"({"type": "linear", "units": 3}, {"type": "batch_norm"}, {"type": "leaky_relu", "slope": 0.3})"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.layers);
    const Model model = model_of(one.input, one.outputs, one.layers);
    check_same(model);
    check_same(model, {.channels_first = true});
    check_same(model, {.opset = 21, .logits = true});
  }
}

TEST_CASE("every type of layer can be written") {
  for (const autonet::internal::LayerType& type : autonet::internal::layer_table()) {
    const bool found = find_layer(type.object.name) != nullptr;
    CHECK_MESSAGE(found, type.object.name);
  }
}

TEST_CASE("the file says what its input and output are") {
  const Model model = Model::load(std::string(AUTONET_SOURCE_DIR) + "/models/quickstart.json");
  const Weights weights = model.initial_weights(DType::f32, 1);
  const OnnxGraph graph = OnnxGraph::parse(to_onnx(model, weights), "q.onnx");
  CHECK(graph.inputs().at(0).name == "input");
  CHECK(graph.inputs()[0].str() == "[?,16,16,1] float");
  CHECK(graph.outputs().at(0).str() == "[?,10] float");
  CHECK(graph.opset() == 17);
  const OnnxGraph first =
      OnnxGraph::parse(to_onnx(model, weights, {.channels_first = true}), "q.onnx");
  CHECK(first.inputs()[0].str() == "[?,1,16,16] float");
}

TEST_CASE("what cannot be written is named") {
  const Model model =
      model_of("[4, 3, 2]", 24,
               R"({"name": "a", "type": "layer_norm"}, {"name": "b", "type": "layer_norm"})");
  const Weights weights = model.initial_weights(DType::f32, 1);
  CHECK(error_of([&] { (void)to_onnx(model, weights, {.opset = 13}); }) ==
        "cannot write m as ONNX:\n  layer \"a\": layer_norm needs opset 17, got 13\n  layer \"b\": "
        "layer_norm needs opset 17, got 13");
  CHECK(error_of([&] { (void)to_onnx(model, weights, {.opset = 6}); }) ==
        "to_onnx: opset 6 is not written; choose from 13 to 23");
  CHECK(error_of([&] { (void)to_onnx(model, {}, {}); }) != "");
}

}  // namespace autonet::exchange
