// Graphs as functions: numbers by hand, gradients, programs, errors.
#include "autonet/exchange/onnx_graph.h"

#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/check/check_grad.h"
#include "tests/exchange/small_graph.h"

namespace autonet::exchange {
namespace {

Array sines(const Shape& shape, double start) {
  Array array = Array::uninitialized({shape, DType::f64});
  for (Index i = 0; i < shape.size(); ++i)
    array.data<double>()[i] = std::sin(start + 0.9 * static_cast<double>(i));
  return array;
}

}  // namespace

TEST_CASE("a graph is read with its inputs, outputs, weights and operators") {
  const OnnxGraph graph = small_network().graph();
  CHECK(graph.name() == "small");
  CHECK(graph.opset() == 17);
  CHECK(graph.producer() == "a test");
  REQUIRE(graph.inputs().size() == 1);
  CHECK(graph.inputs()[0].str() == "[?,2,5,5] double");
  REQUIRE(graph.weights().size() == 3);
  CHECK(graph.weights()[2].name == "v");
  CHECK(graph.operators().at(1) == std::pair<std::string, Index>("Conv", 1));
  CHECK(graph.unsupported().empty());
}

TEST_CASE("the gradients of a graph are right, of order one and two, in inputs and weights") {
  const OnnxGraph graph = small_network().graph();
  std::vector<Array> points = {sines({2, 2, 5, 5}, 0.3)};
  std::vector<std::string> names = {"x"};
  for (const OnnxWeight& weight : graph.weights()) {
    points.push_back(weight.array);
    names.push_back(weight.name);
  }
  CheckGradOptions options;
  options.order = 2;
  options.precision = false;
  options.max_elements = 20;
  const CheckReport report = check_grad(
      [&](Tape& tape, std::span<const Var> in) {
        return graph(tape, {in[0]}, std::vector<Var>(in.begin() + 1, in.end()))[0];
      },
      points, names, options);
  CHECK(report);
}

TEST_CASE("a graph is planned into a program, whose numbers are those of the tape") {
  const OnnxGraph graph = small_network().graph();
  const Array x = sines({3, 2, 5, 5}, 0.2);
  Tape now;
  const Array expected = graph(now, {now.variable(x)})[0].value();
  Tape tape;
  const Var place = tape.placeholder(x.type(), "x");
  const Var y = graph(tape, {place})[0];
  Context context;
  Program program(context, std::vector<Var>{place}, std::vector<Var>{y});
  program.input(0).copy_from(x);
  program.run();
  CHECK(program.output(0).to_vector() == expected.to_vector());
}

TEST_CASE("a graph computes with integers where they are shapes and indices") {
  SmallGraph g;
  const std::string x = g.input("x", {-1, 3});
  // Shape, Gather, Concat, Reshape: what exporters write for view(x.size(0) * 3, 1).
  const std::string shape = g.writer.node("Shape", {x});
  const std::string rows = g.writer.node("Gather", {shape, g.writer.wholes("first", {0})});
  const std::string count = g.writer.node("Mul", {rows, g.writer.wholes("three", {3})});
  const std::string wanted =
      g.writer.node("Concat", {count, g.writer.wholes("one", {1})}, {attribute("axis", Index{0})});
  g.output(g.writer.node("Reshape", {x, wanted}));
  Tape tape;
  const Var place = tape.placeholder({{4, 3}, DType::f64}, "x");  // has no numbers
  CHECK(g.graph()(tape, {place})[0].shape() == Shape{12, 1});
}

TEST_CASE("a loop is recorded step by step, and its gradient goes through all steps") {
  // y = x; three times y = y * x: x^4.
  GraphProto body;
  const auto named = [](const std::string& name) {
    ValueInfoProto info;
    info.name = name;
    return info;
  };
  body.name = "body";
  body.input = {named("k"), named("more_in"), named("before")};
  body.output = {named("more_out"), named("after")};
  NodeProto& same = body.node.emplace_back();
  same.op_type = "Identity";
  same.input = {"more_in"};
  same.output = {"more_out"};
  NodeProto& product = body.node.emplace_back();
  product.op_type = "Mul";
  product.input = {"before", "x"};  // x is of the graph around it
  product.output = {"after"};
  SmallGraph g;
  const std::string x = g.input("x", {2});
  AttributeProto attribute;
  attribute.name = "body";
  attribute.type = AttributeProto::kGraph;
  attribute.g.push_back(body);
  g.output(g.writer.node("Loop", {g.writer.wholes("three", {3}), "", x}, {attribute}));
  Tape tape;
  const Var point = tape.variable(Array::from<double>({2}, {2.0, 3.0}));
  const Var y = g.graph()(tape, {point})[0];
  CHECK(y.value().to_vector() == std::vector<double>{16.0, 81.0});
  const Var slope = vjp(y, {point}, filled(tape, y.type(), 1.0))[0];
  CHECK(slope.value().to_vector() == std::vector<double>{32.0, 108.0});
}

TEST_CASE("operators that are not supported are named all at once") {
  SmallGraph g;
  const std::string x = g.input("x", {3});
  const std::string y = g.writer.node("NoSuchOp", {x});
  const std::string z = g.writer.node("StringNormalizer", {y});
  g.output(g.writer.node("NoSuchOp", {z}));
  const OnnxGraph graph = g.graph();
  CHECK(graph.unsupported().size() == 2);
  Tape tape;
  const std::string error = error_of([&] { (void)graph(tape, {tape.variable(sines({3}, 0))}); });
  CHECK(error ==
        "small.onnx: not supported: operator NoSuchOp, 2 nodes; operator StringNormalizer, 1 "
        "node: StringNormalizer");
}

TEST_CASE("an attribute that is not known is not passed over") {
  SmallGraph g;
  const std::string x = g.input("x", {3});
  g.output(g.writer.node("Relu", {x}, {attribute("slope", 0.5)}));
  Tape tape;
  const std::string error =
      error_of([&] { (void)g.graph()(tape, {tape.variable(sines({3}, 0))}); });
  CHECK(error == "small.onnx: node Relu (Relu): not supported: attribute slope");
}

TEST_CASE("inputs that do not fit are refused with both shapes") {
  const OnnxGraph graph = small_network().graph();
  Tape tape;
  CHECK(error_of([&] {
          (void)graph(tape, {tape.variable(sines({2, 3, 5, 5}, 0))});
        }) == "input 0 (x) is [?,2,5,5] double, got [2,3,5,5] f64");
  CHECK(error_of([&] {
          (void)graph(tape, {tape.variable(sines({2, 2, 5, 5}, 0).to(DType::f32))});
        }) == "input 0 (x) is double and needs an array of f64, got [2,2,5,5] f32");
  CHECK(error_of([&] { (void)graph(tape, std::vector<Var>{}); }) ==
        "small.onnx has 1 inputs and 3 weights, got 0 and 3");
}

TEST_CASE("errors of a node name it") {
  SmallGraph g;
  const std::string x = g.input("x", {-1});
  g.weight("w", sines({2}, 0));
  g.output(g.writer.node("Add", {x, "w"}));
  Tape tape;
  const std::string error =
      error_of([&] { (void)g.graph()(tape, {tape.variable(sines({3}, 0))}); });
  CHECK_MESSAGE(error.starts_with("small.onnx: node Add (Add): add: "), error);
}

TEST_CASE("a node that reads a value of no earlier node is refused") {
  SmallGraph g;
  g.input("x", {3});
  g.output(g.writer.node("Relu", {"later"}));
  Tape tape;
  CHECK(error_of([&] { (void)g.graph()(tape, {tape.variable(sines({3}, 0))}); })
            .ends_with("its input later is neither an input of the graph nor an output of an "
                       "earlier node"));
}

TEST_CASE("files that are no ONNX files are refused") {
  CHECK(error_of([] { (void)OnnxGraph::parse("", "a.onnx"); }) ==
        "reading a.onnx: it has no graph; is it an ONNX file?");
  CHECK(error_of([] {
          (void)OnnxGraph::parse("hello world", "a.onnx");
        }).starts_with("reading a.onnx: at byte "));
  CHECK(error_of([] {
          (void)OnnxGraph::load("/no/such.onnx");
        }).starts_with("reading /no/such.onnx: "));
}

}  // namespace autonet::exchange
