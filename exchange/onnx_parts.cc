#include "exchange/onnx_parts.h"

#include <algorithm>
#include <set>

#include "autonet/text/concat.h"
#include "exchange/external_data.h"

namespace autonet::internal {

using exchange::Element;
using exchange::NotSupported;
using exchange::Tensor;

namespace {

OnnxValue value_of(const exchange::ValueInfoProto& info, Element& type) {
  OnnxValue value;
  value.name = info.name;
  value.any_rank = true;
  value.type = "unknown";
  type = Element::undefined;
  if (info.type.empty()) return value;
  const exchange::TypeProto& of = info.type[0];
  if (!of.sequence_type.empty()) value.type = "sequence";
  if (!of.map_type.empty()) value.type = "map";
  if (!of.sparse_tensor_type.empty()) value.type = "sparse tensor";
  if (!of.optional_type.empty()) value.type = "optional";
  value.supported = false;
  if (of.tensor_type.empty()) return value;
  type = static_cast<Element>(of.tensor_type[0].elem_type);
  value.type = exchange::name_of(type);
  value.supported = exchange::is_supported(type);
  value.dtype = exchange::dtype_of(type);
  if (of.tensor_type[0].shape.empty()) return value;
  value.any_rank = false;
  for (const exchange::Dimension& dim : of.tensor_type[0].shape[0].dim) {
    const bool fixed = dim.dim_value.has_value() && *dim.dim_value >= 0;
    value.lengths.push_back(fixed ? exchange::as_length(*dim.dim_value) : -1);
  }
  return value;
}

/// Moves the numbers of the initializers out of the messages.
void take_initializers(OnnxParts& parts, const std::string& folder) {
  for (exchange::TensorProto& tensor : parts.model.graph[0].initializer) {
    const auto type = static_cast<Element>(tensor.data_type);
    Array array;
    try {
      if (!folder.empty()) exchange::read_external_data(tensor, folder);
      array = exchange::array_of(tensor, text::concat("initializer ", tensor.name));
    } catch (const NotSupported& error) {
      throw NotSupported(text::concat(parts.name, ": not supported: ", error.what()));
    } catch (const Error& error) {
      throw DataError(text::concat("reading ", parts.name, ": ", error.what()));
    }
    if (exchange::is_real(type)) {
      parts.weights.push_back({tensor.name, array});
      parts.weight_types.push_back(type);
    } else {
      parts.constants.emplace_back(tensor.name, Tensor{{}, type, array});
    }
    exchange::TensorProto rest;
    rest.name = tensor.name;
    tensor = std::move(rest);
  }
}

void check_input(const OnnxValue& declared, const Tensor& given, size_t i) {
  const auto where = [&] { return text::concat("input ", i, " (", declared.name, ")"); };
  if (!given.var.valid()) throw Error(text::concat(where(), " is missing"));
  if (given.var.dtype() != declared.dtype) {
    throw Error(text::concat(where(), " is ", declared.type, " and needs an array of ",
                             autonet::name_of(declared.dtype), ", got ", given.var.type()));
  }
  if (declared.any_rank) return;
  const Shape& shape = given.var.shape();
  bool fits = std::ssize(declared.lengths) == shape.rank();
  for (int axis = 0; fits && axis < shape.rank(); ++axis) {
    const Index length = declared.lengths[static_cast<size_t>(axis)];
    fits = length < 0 || length == shape[axis];
  }
  if (!fits) {
    throw Error(text::concat(where(), " is ", declared.str(), ", got ", given.var.type()));
  }
}

}  // namespace

OnnxParts read_onnx(std::string_view bytes, const std::string& name, const std::string& folder) {
  OnnxParts parts;
  parts.name = name;
  parts.model = exchange::read_model_proto(bytes, name);
  if (parts.model.graph.empty()) {
    throw ModelError(text::concat("reading ", name, ": it has no graph; is it an ONNX file?"));
  }
  parts.producer = parts.model.producer_name;
  if (!parts.model.producer_version.empty())
    parts.producer += (parts.producer.empty() ? "" : " ") + parts.model.producer_version;
  for (const exchange::OperatorSetId& set : parts.model.opset_import) {
    if (set.domain.empty() || set.domain == "ai.onnx") {
      parts.opset = static_cast<int>(std::clamp<std::int64_t>(set.version, 0, 1'000'000));
    }
  }
  take_initializers(parts, folder);
  std::set<std::string> fixed;
  for (const exchange::TensorProto& tensor : parts.graph().initializer) fixed.insert(tensor.name);
  for (const exchange::ValueInfoProto& info : parts.graph().input) {
    if (fixed.contains(info.name)) continue;
    Element type{};
    parts.inputs.push_back(value_of(info, type));
    parts.input_types.push_back(type);
  }
  for (const exchange::ValueInfoProto& info : parts.graph().output) {
    Element type{};
    parts.outputs.push_back(value_of(info, type));
  }
  return parts;
}

void check_supported(const OnnxParts& parts, bool sequences) {
  std::vector<std::string> lines;
  if (!parts.graph().sparse_initializer.empty()) lines.emplace_back("sparse initializers");
  if (!parts.model.functions.empty()) lines.emplace_back("functions in the file");
  if (parts.opset > exchange::kNewestOpset) {
    lines.push_back(text::concat("version ", parts.opset, " of the operators; known are 1 to ",
                                 exchange::kNewestOpset));
  }
  for (const std::string& line : exchange::unsupported_operators(parts.graph()))
    lines.push_back(line);
  for (const std::vector<OnnxValue>& values : {parts.inputs, parts.outputs}) {
    for (const OnnxValue& value : values) {
      const bool list = value.type == "sequence" || value.type == "optional";
      if (value.supported || (sequences && list)) continue;
      lines.push_back(text::concat("values of type ", value.type, ", as ", value.name));
    }
  }
  if (lines.empty()) return;
  throw NotSupported(text::concat(parts.name, ": not supported: ", text::joined(lines, "; ")));
}

std::vector<Tensor> record_onnx(const OnnxParts& parts, Tape& tape, std::span<const Tensor> inputs,
                                std::span<const Var> weights, bool sequences) {
  check_supported(parts, sequences);
  if (inputs.size() != parts.inputs.size() || weights.size() != parts.weights.size()) {
    throw Error(text::concat(parts.name, " has ", parts.inputs.size(), " inputs and ",
                             parts.weights.size(), " weights, got ", inputs.size(), " and ",
                             weights.size()));
  }
  exchange::Values values;
  for (const auto& [name, tensor] : parts.constants) {
    values[name] = {tape.constant(tensor.known), tensor.type, tensor.known};
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    values[parts.weights[i].name] = {weights[i], parts.weight_types[i], {}};
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (parts.inputs[i].supported) check_input(parts.inputs[i], inputs[i], i);
    values[parts.inputs[i].name] = inputs[i];
  }
  try {
    return exchange::record_nodes(tape, parts.graph(), parts.opset, values);
  } catch (const NotSupported& error) {
    throw NotSupported(text::concat(parts.name, ": ", error.what()));
  } catch (const Error& error) {
    throw ModelError(text::concat(parts.name, ": ", error.what()));
  }
}

}  // namespace autonet::internal
