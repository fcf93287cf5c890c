#include "exchange/onnx_writer.h"

#include "autonet/text/concat.h"
#include "exchange/tensor.h"

namespace autonet::exchange {

AttributeProto attribute(const std::string& name, Index value) {
  AttributeProto a;
  a.name = name;
  a.type = AttributeProto::kInt;
  a.i = value;
  return a;
}

AttributeProto attribute(const std::string& name, double value) {
  AttributeProto a;
  a.name = name;
  a.type = AttributeProto::kFloat;
  a.f = static_cast<float>(value);
  return a;
}

AttributeProto attribute(const std::string& name, const char* value) {
  AttributeProto a;
  a.name = name;
  a.type = AttributeProto::kString;
  a.s = value;
  return a;
}

AttributeProto attribute(const std::string& name, const std::vector<Index>& values) {
  AttributeProto a;
  a.name = name;
  a.type = AttributeProto::kInts;
  a.ints.assign(values.begin(), values.end());
  return a;
}

std::string OnnxWriter::fresh(const std::string& role) {
  const std::string name = prefix_.empty() ? role : text::concat(prefix_, "/", role);
  std::string tried = name;
  for (int k = 2; !names_.insert(tried).second; ++k) tried = text::concat(name, "_", k);
  return tried;
}

std::string OnnxWriter::node(const std::string& type, std::vector<std::string> inputs,
                             std::vector<AttributeProto> attributes, size_t outputs,
                             size_t chosen) {
  NodeProto node;
  node.op_type = type;
  node.name = fresh(type);
  node.input = std::move(inputs);
  node.attribute = std::move(attributes);
  for (size_t i = 0; i < outputs; ++i) {
    // Outputs in front of the chosen one that nobody reads have no name.
    node.output.push_back(i == chosen ? fresh(type + "_output") : "");
  }
  graph_.node.push_back(node);
  return graph_.node.back().output[chosen];
}

std::string OnnxWriter::weight(const std::string& role, const Array& array) {
  std::string name = fresh(role);
  graph_.initializer.push_back(tensor_proto(name, array, Element::float32));
  return name;
}

std::string OnnxWriter::wholes(const std::string& role, const std::vector<Index>& values) {
  Array array = Array::uninitialized({Shape{std::ssize(values)}, DType::f64});
  for (size_t i = 0; i < values.size(); ++i)
    array.data<double>()[i] = static_cast<double>(values[i]);
  std::string name = fresh(role);
  graph_.initializer.push_back(tensor_proto(name, array, Element::int64));
  return name;
}

std::string OnnxWriter::number(const std::string& role, double value) {
  return weight(role, Array::scalar(value, DType::f32));
}

std::string OnnxWriter::transposed(const std::string& x, const std::vector<Index>& axes) {
  return node("Transpose", {x}, {attribute("perm", axes)});
}

std::string OnnxWriter::reshaped(const std::string& x, const std::vector<Index>& lengths) {
  return node("Reshape", {x, wholes("shape", lengths)});
}

void OnnxWriter::set_output(const std::string& from, const std::string& name) {
  for (NodeProto& node : graph_.node) {
    for (std::string& output : node.output) {
      if (output == from) output = name;
    }
    for (std::string& input : node.input) {
      if (input == from) input = name;
    }
  }
}

}  // namespace autonet::exchange
