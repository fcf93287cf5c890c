#include <doctest/doctest.h>

#include "scratch_model.h"

namespace autonet {
namespace {

/// The output shape of one layer for images [8,8,3], from a model with a linear layer behind it.
std::string shape_of(const std::string& layer) {
  const Model model =
      Model::parse(model_text(layer + ", {\"type\": \"linear\", \"units\": 10}"), "m.json");
  return model.layers()[0].output.str();
}

/// The error of a model with these layers, from its JSON pointer on.
std::string graph_error(const std::string& layers) {
  const std::string text = model_error(model_text(layers));
  return text.starts_with("m.json:") ? text.substr(text.find(' ') + 1) : text;
}

TEST_CASE("the output shape of every layer") {
  CHECK(shape_of(R"({"type": "conv2d", "channels": 5, "kernel": 3})") == "[6,6,5]");
  CHECK(shape_of(R"({"type": "conv2d", "channels": 5, "kernel": 3, "padding": 1})") == "[8,8,5]");
  CHECK(shape_of(R"({"type": "conv2d", "channels": 5, "kernel": [3, 2], "stride": [2, 3]})") ==
        "[3,3,5]");
  CHECK(shape_of(R"({"type": "conv2d", "channels": 5, "kernel": 3, "dilation": 3})") == "[2,2,5]");
  CHECK(shape_of(R"({"type": "conv2d", "channels": 5, "kernel": 3, "padding": [1, 0]})") ==
        "[8,6,5]");
  CHECK(
      shape_of(R"({"type": "conv2d", "channels": 5, "kernel": 3, "padding": [[0, 5], [-1, 2]]})") ==
      "[11,7,5]");
  CHECK(shape_of(R"({"type": "conv2d", "channels": 5, "kernel": 4, "padding": "same"})") ==
        "[8,8,5]");
  CHECK(shape_of(
            R"({"type": "conv2d", "channels": 5, "kernel": 2, "stride": 3, "padding": "same"})") ==
        "[3,3,5]");
  CHECK(shape_of(R"({"type": "conv2d", "channels": 6, "kernel": 3, "groups": 3})") == "[6,6,6]");
  CHECK(shape_of(R"({"type": "max_pool2d", "kernel": 3})") == "[2,2,3]");  // stride = kernel
  CHECK(shape_of(R"({"type": "max_pool2d", "kernel": 3, "stride": 2, "padding": 1})") == "[4,4,3]");
  CHECK(shape_of(R"({"type": "avg_pool2d", "kernel": [2, 4]})") == "[4,2,3]");
  CHECK(shape_of(R"({"type": "global_avg_pool"})") == "[3]");
  CHECK(shape_of(R"({"type": "linear", "units": 7})") == "[7]");
  CHECK(shape_of(R"({"type": "flatten"})") == "[192]");
  CHECK(shape_of(R"({"type": "reshape", "shape": [4, 48]})") == "[4,48]");
  for (const char* type : {"relu", "leaky_relu", "elu", "gelu", "sigmoid", "tanh", "softplus",
                           "softmax", "log_softmax", "dropout", "batch_norm", "layer_norm"}) {
    CAPTURE(type);
    CHECK(shape_of(std::string("{\"type\": \"") + type + "\"}") == "[8,8,3]");
  }
}

TEST_CASE("a graph with a residual block and a concatenation") {
  const Model model = Model::parse(model_text(R"(
    {"name": "a", "type": "conv2d", "channels": 3, "kernel": 3, "padding": "same"},
    {"name": "sum", "type": "add", "inputs": ["a", "input"], "activation": "relu"},
    {"name": "wide", "type": "concat", "inputs": ["sum", "a", "input"]},
    {"name": "gate", "type": "sigmoid", "inputs": ["wide"]},
    {"name": "gated", "type": "mul", "inputs": ["gate", "wide"]},
    {"type": "linear", "units": 10})"),
                                   "m.json");
  const auto layers = model.layers();
  REQUIRE(layers.size() == 6);
  CHECK(layers[1].inputs == std::vector<std::string>{"a", "input"});
  CHECK(layers[1].output == Shape{8, 8, 3});
  CHECK(layers[2].output == Shape{8, 8, 9});
  CHECK(layers[4].output == Shape{8, 8, 9});
  CHECK(layers[5].name == "linear_1");
  CHECK(layers[5].inputs == std::vector<std::string>{"gated"});
}

TEST_CASE("layers without a name get their type and a free number as a name") {
  const Model model = Model::parse(model_text(R"(
    {"type": "relu"}, {"type": "linear", "units": 5}, {"type": "relu"},
    {"name": "linear_2", "type": "linear", "units": 5}, {"type": "linear", "units": 10})"),
                                   "m.json");
  std::vector<std::string> names;
  for (const LayerInfo& layer : model.layers()) names.push_back(layer.name);
  CHECK(names == std::vector<std::string>{"relu_1", "linear_1", "relu_2", "linear_2", "linear_3"});
}

TEST_CASE("wrong connections") {
  const std::string end = R"(, {"type": "linear", "units": 10})";
  CHECK(graph_error(R"({"name": "a", "type": "add", "inputs": ["input", "b"]},
                       {"name": "b", "type": "relu"})" +
                    end) ==
        "/layers/0/inputs: \"b\" comes later, at /layers/1; a layer can read only earlier layers, "
        "so that there are no cycles");
  CHECK(graph_error(R"({"name": "a", "type": "relu", "inputs": ["a"]})" + end) ==
        "/layers/0/inputs: \"a\" is this layer itself");
  CHECK(graph_error(R"({"name": "a", "type": "relu", "inputs": ["inptu"]})" + end) ==
        "/layers/0/inputs: no earlier layer is called \"inptu\"; did you mean \"input\"?");
  CHECK(graph_error(R"({"name": "a", "type": "relu"},
                       {"type": "relu", "inputs": ["a", "input"]})" +
                    end) ==
        "/layers/1/inputs: relu takes 1 input, got 2; join them first with add or concat");
  CHECK(graph_error(R"({"type": "add", "inputs": ["input"]})" + end) ==
        "/layers/0/inputs: add takes 2 to 64 inputs, got 1");
  CHECK(graph_error(R"({"type": "add"})" + end) ==
        "/layers/0: \"inputs\" is missing: the earlier layers that it joins; \"input\" is the "
        "image");
  CHECK(graph_error(R"({"name": "a", "type": "relu"}, {"type": "relu", "inputs": ["input"]})" +
                    end) ==
        "/layers/0: no layer reads the output of \"a\", and the model's output is that of the last "
        "layer");
}

TEST_CASE("input shapes that do not fit together") {
  const std::string end = R"(, {"type": "linear", "units": 10})";
  CHECK(graph_error(R"({"name": "a", "type": "max_pool2d", "kernel": 2},
                       {"name": "s", "type": "add", "inputs": ["a", "input"]})" +
                    end) ==
        "/layers/1/inputs: add \"s\" needs inputs of the same shape, but \"a\" gives [4,4,3] and "
        "\"input\" gives [8,8,3]");
  CHECK(graph_error(R"({"name": "a", "type": "max_pool2d", "kernel": 2},
                       {"name": "s", "type": "concat", "inputs": ["a", "input"]})" +
                    end) ==
        "/layers/1/inputs: concat \"s\" needs inputs whose shapes differ only in the last axis, "
        "but \"a\" "
        "gives [4,4,3] and \"input\" gives [8,8,3]");
  CHECK(graph_error(R"({"name": "f", "type": "flatten"},
                       {"name": "c", "type": "conv2d", "channels": 1, "kernel": 1})" +
                    end) ==
        "/layers/1: conv2d \"c\" needs an image [rows, columns, channels], but \"f\" gives [192]");
  CHECK(graph_error(R"({"type": "reshape", "shape": [5, 5]})" + end) ==
        "/layers/0/shape: [5,5] has 25 numbers, but \"input\" gives [8,8,3], which has 192");
}

TEST_CASE("sizes that are too large are refused before anything is allocated") {
  CHECK(
      graph_error(R"({"type": "linear", "units": 16777216},
                       {"type": "linear", "units": 16777216})")
          .starts_with(
              "/layers/0: weights [192,16777216] would have 3221225472 numbers; at most 2147483648 "
              "are allowed"));
  CHECK(graph_error(R"({"type": "conv2d", "channels": 65536, "kernel": 4096, "padding": 4096},
                       {"type": "linear", "units": 10})")
            .starts_with("/layers/0: an output [4105,4105,65536] would have "));
  CHECK(model_error("{\"input\": [65536, 65536, 65536], \"classes\": 10, \"layers\": "
                    "[{\"type\": \"linear\", \"units\": 10}]}") ==
        "m.json:1: /input: an input [65536,65536,65536] would have 281474976710656 numbers; at "
        "most 268435456 are allowed");
}

}  // namespace
}  // namespace autonet
