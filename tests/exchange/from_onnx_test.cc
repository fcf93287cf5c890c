// Models written as ONNX files and read again as models: the same layers and the same numbers.
#include "autonet/exchange/from_onnx.h"

#include <doctest/doctest.h>

#include "autonet/exchange/to_onnx.h"
#include "autonet/text/concat.h"
#include "tests/exchange/model_inputs.h"
#include "tests/exchange/small_graph.h"
#include "tests/exchange/some_models.h"

namespace autonet::exchange {
namespace {

/// "conv_1 conv2d [8,8,16] 160" for each layer: name, type, output and weights.
std::vector<std::string> lines_of(const Model& model) {
  std::vector<std::string> lines;
  for (const LayerInfo& layer : model.layers()) {
    // A layer that does nothing in evaluation has no node in a file.
    if (layer.type == "dropout") continue;
    lines.push_back(text::concat(layer.name, " ", layer.type, " ", layer.output, " ", layer.weights,
                                 "+", layer.biases));
  }
  return lines;
}

ImportedModel read_again(const Model& model, const Weights& weights, const OnnxOptions& options) {
  const std::string bytes = to_onnx(model, weights, options);
  return from_onnx(OnnxGraph::parse(bytes, model.name() + ".onnx"), "again.json");
}

/// Compares the model with the one that its ONNX file gives.
void check_again(const Model& model, const OnnxOptions& options = {}) {
  CAPTURE(model.name());
  const Weights weights = some_weights(model);
  const ImportedModel again = read_again(model, weights, options);
  CAPTURE(again.model.text());
  CHECK(again.difference.value() < 1e-5);
  const Array x = inputs_for(model, 3);
  CHECK(again.model.batch_shape(3) == model.batch_shape(3));
  const bool logits = options.logits || model.loss_key() != "cross_entropy";
  const Array theirs = predicted(again.model, again.weights, x, logits);
  CHECK(difference(theirs, predicted(model, weights, x, logits)) < 1e-5);
}

}  // namespace

TEST_CASE(
    "every shipped model has the same layers after it was an ONNX file, and predicts the same") {
  for (const std::string& path : shipped_models()) {
    const Model model = Model::load(path, {"training.precision=f32"});
    for (const bool channels_first : {false, true}) {
      check_again(model, {.channels_first = channels_first});
      const ImportedModel again =
          read_again(model, some_weights(model), {.channels_first = channels_first});
      CHECK(text::joined(lines_of(again.model), "\n") == text::joined(lines_of(model), "\n"));
      CHECK(again.model.name() == model.name());
      CHECK(again.model.classes() == model.classes());
      CHECK(again.model.class_names() == model.class_names());
    }
  }
}

TEST_CASE("each kind of layer is read again") {
  for (const LayersCase& one : layers_cases()) {
    CAPTURE(one.layers);
    const Model model = model_of(one.input, one.outputs, one.layers);
    check_again(model);
    check_again(model, {.opset = 21, .channels_first = true, .logits = true});
  }
}

TEST_CASE("an imported model is imported again without a change") {
  for (const LayersCase& one : layers_cases()) {
    const Model model = model_of(one.input, one.outputs, one.layers);
    const ImportedModel first = read_again(model, some_weights(model), {});
    const ImportedModel second = read_again(first.model, first.weights, {});
    CAPTURE(one.layers);
    CHECK(second.model.text() == first.model.text());
    for (size_t i = 0; i < first.weights.parameters.size(); ++i)
      CHECK(difference(first.weights.parameters[i], second.weights.parameters[i]) < 1e-7);
  }
}

TEST_CASE("everything that no layer expresses is named at once, and what the output needs only") {
  SmallGraph g;
  const std::string x = g.input("x", {-1, 6}, Element::float32);
  OnnxWriter& w = g.writer;
  w.set_prefix("first");
  const std::string a = w.node("Sin", {x});
  w.set_prefix("second");
  const std::string b = w.node("Cos", {w.node("Relu", {w.node("Abs", {x})})});
  w.set_prefix("unused");
  w.node("Cos", {x});
  w.set_prefix("sum");
  g.output(w.node("Add", {a, b}));
  CHECK(error_of([&] { (void)from_onnx(g.graph(), "m.json"); }) ==
        "small.onnx cannot be written as a model of autonet:\n"
        "  node first/Sin (Sin): autonet has no such layer\n"
        "  node second/Abs (Abs): autonet has no such layer\n"
        "  node second/Cos (Cos): autonet has no such layer\n"
        "The graph can still be run and differentiated as it is: by autonet import FILE --run "
        "INPUTS, or as an OnnxGraph of the library.");
}

TEST_CASE("steps of attention that are no attention are named") {
  SmallGraph g;
  const std::string x = g.input("x", {-1, 5, 4}, Element::float32);
  g.output(g.writer.node("MatMul", {x, g.writer.transposed(x, {0, 2, 1})}));
  const std::string error = error_of([&] { (void)from_onnx(g.graph(), "m.json"); });
  CHECK_MESSAGE(error.find("node MatMul (MatMul): autonet has this only as a part of another "
                           "layer") != error.npos,
                error);
}

TEST_CASE("parts of a layer's output are taken for no whole layer") {
  const auto refused = [](const std::vector<AttributeProto>& attributes, const std::string& type) {
    SmallGraph g;
    const std::string x = g.input("x", {-1, 6, 4}, Element::float32);
    OnnxWriter& w = g.writer;
    std::string y = x;
    if (type == "Slice") {
      y = w.node("Slice",
                 {x, w.wholes("starts", {1}), w.wholes("ends", {4}), w.wholes("axes", {1})});
    } else {
      y = w.node(type, {x}, attributes);
    }
    const std::string flat = w.node("Flatten", {y});
    const Index features = type == "Slice" ? 12 : 24;
    g.output(
        w.node("MatMul", {flat, w.weight("w", Array::full({{features, 3}, DType::f32}, 0.1))}));
    return error_of([&] { (void)from_onnx(g.graph(), "m.json"); });
  };
  CHECK(refused({}, "Slice").find("a part of another layer's output") != std::string::npos);
  // A transposed sequence is flattened in another order, which the weights take on.
  CHECK(refused({attribute("perm", std::vector<Index>{0, 2, 1})}, "Transpose") == "");
  // A batch that is not the first axis of a flattened value is no batch.
  CHECK(refused({attribute("perm", std::vector<Index>{1, 0, 2})}, "Transpose") != "");
}

TEST_CASE("values without a batch, and nodes with too few axes, are named") {
  SmallGraph g;
  OnnxWriter& w = g.writer;
  const std::string x = g.input("x", {-1, 3}, Element::float32);
  const std::string first =
      w.node("Gather", {x, w.wholes("at", {0})}, {attribute("axis", Index{0})});
  const std::string one =
      w.node("Gather", {w.node("Squeeze", {first}), w.node("Squeeze", {w.wholes("k", {1})})});
  g.output(w.node("Relu", {w.node("Sigmoid", {one})}));
  const std::string error = error_of([&] { (void)from_onnx(g.graph(), "m.json"); });
  CHECK_MESSAGE(error.find("cannot be written as a model of autonet") != error.npos, error);
}

TEST_CASE("inputs and outputs that no model has are named") {
  const auto error_for = [](const std::vector<Index>& lengths, const OnnxImportOptions& options) {
    SmallGraph g;
    g.output(g.writer.node("Relu", {g.input("x", lengths, Element::float32)}));
    return error_of([&] { (void)from_onnx(g.graph(), "m.json", options); });
  };
  CHECK(error_for({-1, 3, -1, -1}, {}).find("its input x is [?,3,?,?] float; a model needs") !=
        std::string::npos);
  CHECK(error_for({-1, 3, -1, -1}, {.input = {3, 4, 4}}) == "");
  CHECK(error_for({-1, 3, -1, -1}, {.input = {4, 4, 4}}).find("do not fit") != std::string::npos);
  CHECK(error_for({-1, 2, 2, 2, 2}, {}).find("a model needs") != std::string::npos);
  CHECK(error_for({-1}, {}).find("a model needs") != std::string::npos);
  SmallGraph g;
  g.output(g.writer.node(
      "Add", {g.input("a", {-1, 3}, Element::float32), g.input("b", {-1, 3}, Element::float32)}));
  CHECK(error_of([&] { (void)from_onnx(g.graph(), "m.json"); }).find("it has 2 inputs") !=
        std::string::npos);
}

}  // namespace autonet::exchange
