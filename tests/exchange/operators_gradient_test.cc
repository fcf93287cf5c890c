// Gradients of operators that are made of several ops here: of order two, against evidence that
// does not use the rules.
#include <doctest/doctest.h>

#include <string>

#include "autonet/check/check_grad.h"
#include "tests/exchange/small_graph.h"

namespace autonet::exchange {
namespace {

struct GradientCase {
  std::string type;
  std::vector<Index> lengths;  // of input x
  double low = -1.0;
  double high = 1.0;
  std::vector<AttributeProto> attributes = {};
};

/// Numbers between two bounds.
Array waves(const Shape& shape, double low, double high, double phase = 2.0) {
  Array array = Array::uninitialized({shape, DType::f64});
  for (Index i = 0; i < array.size(); ++i) {
    const double share = 0.5 + 0.5 * std::sin(phase + 1.3 * static_cast<double>(i));
    array.data<double>()[i] = low + share * (high - low);
  }
  return array;
}

/// Checks the gradient of a graph of one input x at this point.
void check_graph(SmallGraph& g, const Array& point) {
  const OnnxGraph graph = g.graph();
  CheckGradOptions options;
  options.order = 2;
  options.precision = false;
  options.max_elements = 40;
  const CheckReport report =
      check_grad([&](Tape& tape, std::span<const Var> in) { return graph(tape, {in[0]})[0]; },
                 std::vector<Array>{point}, std::vector<std::string>{"x"}, options);
  CHECK(report);
}

void check(const GradientCase& one) {
  CAPTURE(one.type);
  SmallGraph g(18);
  const std::string x = g.input("x", one.lengths);
  g.output(g.writer.node(one.type, {x}, one.attributes));
  check_graph(g, waves(Shape(one.lengths), one.low, one.high));
}

}  // namespace

TEST_CASE("gradients of functions of one number") {
  for (const GradientCase& one :
       std::vector<GradientCase>{{"Asin", {2, 3}, -0.9, 0.9},
                                 {"Acos", {2, 3}, -0.9, 0.9},
                                 {"Atan", {2, 3}, -2, 2},
                                 {"Sinh", {2, 3}},
                                 {"Cosh", {2, 3}},
                                 {"Asinh", {2, 3}, -2, 2},
                                 {"Acosh", {2, 3}, 1.2, 3},
                                 {"Atanh", {2, 3}, -0.9, 0.9},
                                 {"Reciprocal", {2, 3}, 0.5, 2},
                                 {"Selu", {2, 3}},
                                 {"Celu", {2, 3}},
                                 {"Gelu", {2, 3}},
                                 {"Gelu", {2, 3}, -1, 1, {attribute("approximate", "tanh")}},
                                 {"HardSigmoid", {2, 3}, -1, 1},
                                 {"Softsign", {2, 3}},
                                 {"Mish", {2, 3}},
                                 {"Shrink", {2, 3}, 0.6, 2}}) {
    check(one);
  }
}

TEST_CASE("gradients of functions of several numbers") {
  const auto axes = [](std::vector<Index> list) { return attribute("axes", list); };
  for (const GradientCase& one : std::vector<GradientCase>{
           {"ReduceProd", {2, 5}, 0.5, 2},
           {"ReduceLogSumExp", {2, 5}},
           {"ReduceLogSum", {2, 5}, 0.5, 2},
           {"ReduceL2", {2, 5}},
           {"Softmax", {2, 3, 4}, -1, 1, {attribute("axis", Index{1})}},
           {"LogSoftmax", {2, 3, 4}, -1, 1, {attribute("axis", Index{0})}},
           {"LRN", {1, 5, 2, 2}, -1, 1, {attribute("size", Index{3}), attribute("alpha", 0.5)}},
           {"LpPool", {1, 2, 4, 4}, 0.5, 2, {attribute("kernel_shape", std::vector<Index>{2, 2})}},
           {"LpNormalization", {3, 4}, 0.2, 1},
           {"MeanVarianceNormalization", {2, 2, 3, 2}, -1, 1, {axes({0, 2, 3})}},
           {"Det", {2, 3, 3}}}) {
    check(one);
  }
}

TEST_CASE("gradients of operators with further inputs") {
  struct Case {
    std::string type;
    std::vector<Index> lengths;  // of x
    std::vector<Shape> weights;  // the inputs behind x
    std::vector<AttributeProto> attributes = {};
  };
  const auto list = [](const char* name, std::vector<Index> numbers) {
    return attribute(name, numbers);
  };
  for (const Case& one : std::vector<Case>{
           {"Conv", {1, 2, 3, 4, 3}, {{2, 1, 2, 2, 2}}, {attribute("group", Index{2})}},
           {"ConvTranspose", {1, 2, 3, 3}, {{2, 2, 2, 2}}, {list("strides", {2, 2})}},
           {"ConvTranspose",
            {1, 2, 2, 3, 2},
            {{2, 2, 2, 2, 3}, {2}},
            {list("strides", {2, 1, 2}), list("pads", {0, 1, 1, 1, 0, 0}),
             list("dilations", {1, 2, 1}), list("output_padding", {1, 0, 0})}},
           {"GridSample", {1, 2, 3, 4}, {{1, 2, 2, 2}}},
           {"GridSample",
            {1, 2, 3, 4},
            {{1, 2, 2, 2}},
            {attribute("mode", "bicubic"), attribute("padding_mode", "reflection")}},
           {"GroupNormalization", {2, 4, 3}, {{2}, {2}}, {attribute("num_groups", Index{2})}},
           {"LSTM",
            {2, 2, 3},
            {{1, 8, 3}, {1, 8, 2}, {1, 16}},
            {attribute("hidden_size", Index{2})}},
           {"GRU",
            {2, 2, 3},
            {{1, 6, 3}, {1, 6, 2}, {1, 12}},
            {attribute("hidden_size", Index{2})}},
           {"Attention",
            {1, 3, 4},
            {{1, 3, 4}, {1, 3, 4}},
            {attribute("q_num_heads", Index{2}), attribute("kv_num_heads", Index{2})}},
           {"CausalConvWithState",
            {2, 3, 4},
            {{3, 1, 3}, {3}, {2, 3, 2}},
            {attribute("activation", "silu")}},
           {"LinearAttention",
            {1, 3, 4},
            {{1, 3, 2}, {1, 3, 2}, {1, 1, 2, 2}, {1, 3, 2}, {1, 3, 1}},
            {attribute("q_num_heads", Index{2}), attribute("kv_num_heads", Index{1})}}}) {
    CAPTURE(one.type);
    SmallGraph g(one.type == "Attention" ? 23 : 18);
    std::vector<std::string> inputs = {g.input("x", one.lengths)};
    for (size_t i = 0; i < one.weights.size(); ++i) {
      const std::string name = "w" + std::to_string(i);
      inputs.push_back(
          g.weight(name, waves(one.weights[i], -0.8, 0.8, 0.3 + static_cast<double>(i))));
    }
    g.output(g.writer.node(one.type, inputs, one.attributes));
    check_graph(g, waves(Shape(one.lengths), -1, 1));
  }
}

TEST_CASE("the places of GridSample have a gradient too") {
  SmallGraph g(18);
  g.weight("image", waves({1, 2, 4, 3}, -1, 1));
  const std::string grid = g.input("x", {1, 2, 2, 2});
  g.output(g.writer.node("GridSample", {"image", grid}, {attribute("align_corners", Index{1})}));
  check_graph(g, waves({1, 2, 2, 2}, -0.9, 0.8));
}

TEST_CASE("every kind of interpolation of Resize has a gradient") {
  for (const char* mode : {"linear", "cubic", "nearest"}) {
    CAPTURE(mode);
    SmallGraph g(18);
    const std::string x = g.input("x", {1, 1, 3, 4});
    g.writer.graph().initializer.push_back(
        tensor_proto("scales", Array::from<double>({4}, {1.0, 1.0, 1.7, 0.6}), Element::float32));
    g.output(g.writer.node("Resize", {x, "", "scales"}, {attribute("mode", mode)}));
    check_graph(g, waves({1, 1, 3, 4}, -1, 1));
  }
}

TEST_CASE("numbers that are combined with what is there have gradients on both sides") {
  for (const char* reduction : {"add", "mul", "max", "min"}) {
    CAPTURE(reduction);
    SmallGraph g(18);
    OnnxWriter& w = g.writer;
    const std::string x = g.input("x", {3, 4});
    // Places 1 and 1 of axis 0 are the same row, so that three numbers meet there.
    const std::string updates = w.node("Mul", {x, w.node("Sin", {x})});
    const std::string rows =
        w.node("ScatterND",
               {x, w.node("Reshape", {w.wholes("places", {1, 0, 1}), w.wholes("column", {3, 1})}),
                updates},
               {attribute("reduction", reduction)});
    const std::string places =
        w.node("Reshape", {w.wholes("elements", {2, 2, 0, 1}), w.wholes("row", {1, 4})});
    const std::string row =
        w.node("Slice", {updates, w.wholes("start", {1}), w.wholes("end", {2})});
    g.output(w.node("ScatterElements", {rows, places, row}, {attribute("reduction", reduction)}));
    check_graph(g, waves({3, 4}, 0.4, 1.2));
  }
}

TEST_CASE("a graph has gradients through the items of a sequence") {
  SmallGraph g(18);
  OnnxWriter& w = g.writer;
  const std::string x = g.input("x", {2, 5});
  const std::string parts =
      w.node("SplitToSequence", {x, w.node("Squeeze", {w.wholes("two", {2})})},
             {attribute("axis", Index{1})});
  const auto position = [&](Index k) { return w.node("Squeeze", {w.wholes("at", {k})}); };
  const std::string first = w.node("Tanh", {w.node("SequenceAt", {parts, position(0)})});
  const std::string more = w.node("SequenceInsert", {parts, first, position(-1)});
  const std::string less = w.node("SequenceErase", {more, position(1)});
  g.output(w.node("ConcatFromSequence",
                  {
                      less,
                  },
                  {attribute("axis", Index{-1})}));
  check_graph(g, waves({2, 5}, -1, 1));
  Tape tape;
  const Var y = g.graph()(tape, {tape.variable(waves({2, 5}, -1, 1))})[0];
  CHECK(y.shape() == Shape{2, 5});  // the parts 0 and 2, and the tanh of part 0
}

TEST_CASE("a step of Adam and a Gradient in the graph have gradients themselves") {
  SmallGraph g(18);
  OnnxWriter& w = g.writer;
  const std::string x = g.input("x", {3});
  g.weight("target", waves({3}, -1, 1));
  const std::string difference = w.node("Sub", {x, "target"});
  const std::string loss = w.node("Mul", {difference, w.node("Tanh", {difference})});
  const std::string slope = w.node("Gradient", {x}, {attribute("y", loss.c_str())});
  NodeProto& node = w.graph().node.back();
  node.domain = "ai.onnx.preview.training";
  AttributeProto& xs = node.attribute.emplace_back();
  xs.name = "xs";
  xs.strings = {x};
  g.weight("rate", Array::scalar(0.1, DType::f64));
  g.weight("zeros", Array::full({{3}, DType::f64}, 0.5));
  const std::string step = w.node(
      "Adam", {"rate", w.node("Squeeze", {w.wholes("done", {3})}), x, slope, "zeros", "zeros"}, {},
      3, 0);
  w.graph().node.back().domain = "ai.onnx.preview.training";
  g.output(step);
  check_graph(g, waves({3}, -1, 1, 0.4));
}

}  // namespace autonet::exchange
