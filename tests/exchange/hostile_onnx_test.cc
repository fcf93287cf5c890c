// Damaged ONNX files: an error or a result, never a crash.
#include <doctest/doctest.h>

#include <iostream>

#include "autonet/exchange/from_onnx.h"
#include "autonet/exchange/to_onnx.h"
#include "tests/exchange/small_graph.h"
#include "tests/exchange/some_models.h"

namespace autonet::exchange {
namespace {

/// Reads the bytes and, if that works, records and runs the graph. True if all worked.
bool runs(const std::string& bytes) {
  try {
    const OnnxGraph graph = OnnxGraph::parse(bytes, "damaged.onnx");
    Tape tape;
    std::vector<Var> inputs;
    for (const OnnxValue& input : graph.inputs()) {
      std::vector<Index> lengths;
      for (const Index length : input.lengths) lengths.push_back(length < 0 ? 1 : length);
      const Shape shape(lengths);
      if (shape.size() > 100'000) return false;
      const DType dtype = input.type == "double" ? DType::f64 : DType::f32;
      inputs.push_back(tape.variable(Array::full({shape, dtype}, 0.5)));
    }
    for (const Var output : graph(tape, inputs)) {
      if (output.shape().size() > 1'000'000) return false;
      (void)output.value();
    }
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// A graph with many kinds of nodes and attributes.
std::string varied_bytes() {
  SmallGraph g = small_network();
  OnnxWriter& w = g.writer;
  const std::string a = w.node("Slice", {"x", w.wholes("s", {0, 1}), w.wholes("e", {3, 9}),
                                         w.wholes("axes", {2, 3}), w.wholes("steps", {1, 2})});
  const std::string b = w.node("Pad", {a, w.wholes("pads", {0, 0, 1, 0, 0, 0, 0, 2})},
                               {attribute("mode", "reflect")});
  const std::string c =
      w.node("Transpose", {b}, {attribute("perm", std::vector<Index>{0, 2, 3, 1})});
  const std::string d = w.node("ReduceSum", {c, w.wholes("sum", {3})});
  const std::string e = w.node("Expand", {d, w.wholes("expand", {2, 1, 1, 3})});
  const std::string f = w.node("TopK", {e, w.wholes("k", {1})}, {attribute("axis", Index{2})}, 2);
  const std::string h = w.node("Tile", {f, w.wholes("tile", {1, 2, 1, 1})});
  g.output(w.node("ConstantOfShape", {w.node("Shape", {h})}));
  return g.bytes();
}

}  // namespace

TEST_CASE("an ONNX file with any byte changed, or cut anywhere, gives an error or a result") {
  const std::string whole = varied_bytes();
  REQUIRE(runs(whole));
  int worked = 0;
  int refused = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const unsigned flip : {0xFFU, 0x01U, 0x80U}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ flip);
      ++(runs(damaged) ? worked : refused);
    }
    ++(runs(whole.substr(0, i)) ? worked : refused);
  }
  MESSAGE(whole.size() << " bytes: " << worked << " damaged files work, " << refused
                       << " are refused");
  CHECK(refused > 1000);
}

TEST_CASE("a damaged ONNX file becomes a model that computes the same, or an error") {
  const Model model = model_of(
      "[4, 3, 2]", 3,
      R"({"type": "conv2d", "channels": 2, "kernel": 2, "activation": "gelu"}, {"type": "batch_norm"}, {"type": "max_pool2d", "kernel": 2, "padding": 1, "stride": 1}, {"type": "linear", "units": 3})");
  const std::string whole =
      to_onnx(model, model.initial_weights(DType::f32, 1), {.channels_first = true});
  int worked = 0;
  int refused = 0;
  const auto imported = [](const std::string& bytes) {
    try {
      return from_onnx(OnnxGraph::parse(bytes, "damaged.onnx"), "m.json").difference.value() < 1e-3;
    } catch (const Error&) {
      return false;
    }
  };
  REQUIRE(imported(whole));
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const unsigned flip : {0xFFU, 0x01U, 0x80U}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ flip);
      ++(imported(damaged) ? worked : refused);
    }
    ++(imported(whole.substr(0, i)) ? worked : refused);
  }
  MESSAGE(whole.size() << " bytes: " << worked << " damaged files become models, " << refused
                       << " are refused");
  CHECK(refused > 1000);
  CHECK(worked > 100);
}

TEST_CASE("attributes and shapes that are absurd are refused") {
  const auto refuses = [](const std::string& type, std::vector<AttributeProto> attributes,
                          std::vector<std::vector<Index>> lists = {}) {
    SmallGraph g;
    std::vector<std::string> inputs = {g.input("x", {1, 2, 5, 5})};
    for (size_t i = 0; i < lists.size(); ++i) inputs.push_back(g.writer.wholes("list", lists[i]));
    g.output(g.writer.node(type, inputs, std::move(attributes)));
    CAPTURE(type);
    CHECK(!runs(g.bytes()));
  };
  const auto list = [](Index a, Index b) { return std::vector<Index>{a, b}; };
  constexpr Index kHuge = std::numeric_limits<Index>::max();
  refuses("Expand", {}, {{kHuge, 2, 5, 5}});
  refuses("Expand", {}, {{1 << 30, 2, 5, 5}});
  refuses("Tile", {}, {{kHuge, 1, 1, 1}});
  refuses("Tile", {}, {{1, 1, 1, 0}});
  refuses("Reshape", {}, {{kHuge, kHuge, kHuge}});
  refuses("Reshape", {}, {{-2}});
  refuses("Reshape", {}, {{-1, -1}});
  refuses("Reshape", {}, {{1, 1, 1, 1, 1, 1, 50}});
  refuses("Pad", {}, {{0, 0, 0, 0, kHuge, 0, 0, 0}});
  refuses("Pad", {attribute("mode", "edge")}, {{0, 0, 0, 0, 0, 0, kHuge, 0}});
  refuses("Transpose", {attribute("perm", std::vector<Index>{0, 1, 2, kHuge})});
  refuses("Transpose", {attribute("perm", std::vector<Index>{0, 1, 1, 2})});
  refuses("MaxPool", {attribute("kernel_shape", list(kHuge, 2))});
  refuses("MaxPool", {attribute("kernel_shape", list(0, 2))});
  refuses("MaxPool", {attribute("kernel_shape", list(2, 2)), attribute("strides", list(0, 1))});
  refuses("MaxPool", {attribute("kernel_shape", list(2, 2)), attribute("strides", list(kHuge, 1))});
  refuses("MaxPool", {attribute("kernel_shape", list(2, 2)),
                      attribute("pads", std::vector<Index>{kHuge, kHuge, kHuge, kHuge})});
  refuses("AveragePool",
          {attribute("kernel_shape", list(2, 2)), attribute("dilations", list(kHuge, 1))});
  refuses("Concat", {attribute("axis", kHuge)});
  refuses("Split", {attribute("axis", Index{1})}, {{kHuge, -kHuge}});
  refuses("Split", {attribute("num_outputs", kHuge)});
  refuses("DepthToSpace", {attribute("blocksize", kHuge)});
  refuses("SpaceToDepth", {attribute("blocksize", kHuge)});
  refuses("LRN", {attribute("size", Index{0})});
  refuses("Unsqueeze", {}, {{kHuge}});
  refuses("Unsqueeze", {}, {{0, 0}});
  refuses("Squeeze", {}, {{1}});
  refuses("TopK", {attribute("axis", Index{0})}, {{kHuge}});
  refuses("OneHot", {}, {{kHuge}, {0, 1}});
  refuses("Flatten", {attribute("axis", kHuge)});
  refuses("Gather", {attribute("axis", kHuge)}, {{0}});
  refuses("Gather", {}, {{5}});
  refuses("Slice", {}, {{0}, {1}, {0}, {0}});
  refuses("ConstantOfShape", {});
}

}  // namespace autonet::exchange
