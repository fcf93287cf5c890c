// Gradients of operators that are made of several ops here: of order two, against evidence that
// does not use the rules.
#include <doctest/doctest.h>

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

void check(const GradientCase& one) {
  CAPTURE(one.type);
  SmallGraph g(18);
  const std::string x = g.input("x", one.lengths);
  g.output(g.writer.node(one.type, {x}, one.attributes));
  const OnnxGraph graph = g.graph();
  Array point = Array::uninitialized({Shape(one.lengths), DType::f64});
  for (Index i = 0; i < point.size(); ++i) {
    const double share = 0.5 + 0.5 * std::sin(2.0 + 1.3 * static_cast<double>(i));
    point.data<double>()[i] = one.low + share * (one.high - one.low);
  }
  CheckGradOptions options;
  options.order = 2;
  options.precision = false;
  const CheckReport report =
      check_grad([&](Tape& tape, std::span<const Var> in) { return graph(tape, {in[0]})[0]; },
                 std::vector<Array>{point}, std::vector<std::string>{"x"}, options);
  CHECK(report);
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

}  // namespace autonet::exchange
