// Models as ONNX files, read again: the same numbers.
#include "autonet/exchange/to_onnx.h"

#include <doctest/doctest.h>

#include "exchange/export_layer.h"
#include "tests/exchange/model_inputs.h"
#include "tests/exchange/small_graph.h"
#include "tests/exchange/some_models.h"

namespace autonet::exchange {
namespace {

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

}  // namespace

TEST_CASE("every shipped model is the same as an ONNX graph, for any number of rows") {
  for (const std::string& path : shipped_models()) check_same(Model::load(path));
}

TEST_CASE("each kind of layer is the same as an ONNX graph") {
  for (const LayersCase& one : layers_cases()) {
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
