#pragma once

#include <set>
#include <string>
#include <vector>

#include "autonet/autograd/array.h"
#include "exchange/onnx_proto.h"

namespace autonet::exchange {

// Attributes of a node.
AttributeProto attribute(const std::string& name, Index value);
AttributeProto attribute(const std::string& name, double value);
AttributeProto attribute(const std::string& name, const char* value);
AttributeProto attribute(const std::string& name, const std::vector<Index>& values);

/// Collects the nodes and weights of a graph.
class OnnxWriter {
 public:
  explicit OnnxWriter(Index opset) : opset_(opset) {}

  Index opset() const { return opset_; }
  /// What the values and weights made from now on are named after: a layer's name.
  void set_prefix(const std::string& prefix) { prefix_ = prefix; }

  /// Adds a node and returns the name of its output `chosen` of `outputs`.
  std::string node(const std::string& type, std::vector<std::string> inputs,
                   std::vector<AttributeProto> attributes = {}, size_t outputs = 1,
                   size_t chosen = 0);
  /// Adds a weight, named PREFIX/ROLE, and returns its name.
  std::string weight(const std::string& role, const Array& array);
  /// Adds a list of whole numbers.
  std::string wholes(const std::string& role, const std::vector<Index>& values);
  /// Adds a single number.
  std::string number(const std::string& role, double value);

  /// Axes exchanged.
  std::string transposed(const std::string& x, const std::vector<Index>& axes);
  std::string reshaped(const std::string& x, const std::vector<Index>& lengths);

  /// Names the value `from` as the graph's output.
  void set_output(const std::string& from, const std::string& name);

  GraphProto& graph() { return graph_; }

 private:
  std::string fresh(const std::string& role);

  Index opset_;
  std::string prefix_;
  GraphProto graph_;
  std::set<std::string> names_ = {"input", "output"};
};

}  // namespace autonet::exchange
