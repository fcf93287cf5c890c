#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <string>
#include <utility>
#include <vector>

#include "autonet/exchange/onnx_graph.h"
#include "exchange/onnx_proto.h"
#include "exchange/onnx_writer.h"
#include "exchange/tensor.h"

namespace autonet::exchange {

/// Builds the bytes of small ONNX files for tests.
class SmallGraph {
 public:
  explicit SmallGraph(Index opset = 17) : writer(opset) {}

  /// Adds an input; an empty list of lengths is a scalar, -1 any length.
  std::string input(const std::string& name, const std::vector<Index>& lengths,
                    Element type = Element::float64) {
    writer.graph().input.push_back(info(name, lengths, type));
    return name;
  }
  /// Adds a weight of f64 numbers.
  std::string weight(const std::string& name, const Array& array) {
    writer.graph().initializer.push_back(tensor_proto(name, array, Element::float64));
    return name;
  }
  void output(const std::string& value) {
    ValueInfoProto out = info("y", {}, Element::float64);
    out.type[0].tensor_type[0].shape.clear();
    writer.set_output(value, "y");
    writer.graph().output.push_back(out);
  }
  std::string bytes() {
    ModelProto model;
    model.ir_version = 8;
    model.producer_name = "a test";
    model.opset_import.push_back({"", writer.opset()});
    writer.graph().name = "small";
    model.graph.push_back(writer.graph());
    return write_model_proto(model);
  }
  OnnxGraph graph() { return OnnxGraph::parse(bytes(), "small.onnx"); }

  OnnxWriter writer;

 private:
  static ValueInfoProto info(const std::string& name, const std::vector<Index>& lengths,
                             Element type) {
    ValueInfoProto info;
    info.name = name;
    TensorTypeProto& tensor = info.type.emplace_back().tensor_type.emplace_back();
    tensor.elem_type = static_cast<std::int64_t>(type);
    TensorShapeProto& shape = tensor.shape.emplace_back();
    for (const Index length : lengths) {
      Dimension& dim = shape.dim.emplace_back();
      if (length >= 0) dim.dim_value = length;
    }
    return info;
  }
};

/// The text of the error that f throws; empty if it throws none.
template <typename F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// A chain of a convolution, a pooling and a linear layer in f64 on images [N,2,5,5].
inline SmallGraph small_network() {
  SmallGraph g;
  const auto numbers = [](const Shape& shape, double start) {
    Array array = Array::uninitialized({shape, DType::f64});
    for (Index i = 0; i < shape.size(); ++i)
      array.data<double>()[i] = std::sin(start + 1.7 * static_cast<double>(i));
    return array;
  };
  const std::string x = g.input("x", {-1, 2, 5, 5});
  g.weight("w", numbers({3, 2, 3, 3}, 0.1));
  g.weight("b", numbers({3}, 0.4));
  g.weight("v", numbers({12, 4}, 0.8));
  const std::string conv =
      g.writer.node("Conv", {x, "w", "b"}, {attribute("pads", std::vector<Index>{1, 1, 0, 0})});
  const std::string curved = g.writer.node("Tanh", {conv});
  const std::string pooled = g.writer.node("AveragePool", {curved},
                                           {attribute("kernel_shape", std::vector<Index>{2, 2}),
                                            attribute("strides", std::vector<Index>{2, 2})});
  const std::string flat = g.writer.node("Flatten", {pooled});
  g.output(g.writer.node("MatMul", {flat, "v"}));
  return g;
}

}  // namespace autonet::exchange
