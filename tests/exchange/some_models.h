#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "autonet/models/model.h"

namespace autonet::exchange {

/// The files of all models that autonet comes with.
inline std::vector<std::string> shipped_models() {
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(AUTONET_SOURCE_DIR) + "/models")) {
    const std::string path = entry.path().string();
    if (path.ends_with(".json") && !path.ends_with("schema.json")) paths.push_back(path);
  }
  REQUIRE(paths.size() >= 16);
  return paths;
}

/// What the model itself predicts.
inline Array predicted(const Model& model, const Weights& weights, const Array& x, bool logits) {
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

/// The largest difference of two arrays of one shape.
inline double difference(const Array& a, const Array& b) {
  REQUIRE(a.shape() == b.shape());
  const std::vector<double> x = a.to_vector();
  const std::vector<double> y = b.to_vector();
  double most = 0.0;
  for (size_t i = 0; i < x.size(); ++i) most = std::max(most, std::abs(x[i] - y[i]));
  return most;
}

/// Weights in which the running statistics and the biases differ from their initial values too.
inline Weights some_weights(const Model& model) {
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

/// A model of one layer, or several, for inputs of these lengths.
inline Model model_of(const std::string& input, Index outputs, const std::string& layers) {
  return Model::parse(R"({"name": "m", "input": )" + input + R"(, "outputs": )" +
                          std::to_string(outputs) + R"(, "layers": [)" + layers +
                          R"(], "loss": "mean_squared_error"})",
                      "m.json");
}

/// Models that have each kind of layer between them.
struct LayersCase {
  std::string input;
  Index outputs;
  std::string layers;
};

inline std::vector<LayersCase> layers_cases() {
  const std::string conv = R"({"type": "conv2d", "channels": 4, "kernel": [3, 2], "padding": 1})";
  return {
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
}

}  // namespace autonet::exchange
