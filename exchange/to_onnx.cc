#include "autonet/exchange/to_onnx.h"

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "exchange/export_layer.h"
#include "exchange/tensor.h"
#include "models/read_model.h"

namespace autonet {
namespace {

using exchange::Element;
using exchange::OnnxWriter;
using exchange::Value;

constexpr Index kOldest = 13;
constexpr Index kNewest = 23;

/// The version of the file format that came with a version of the operators.
Index ir_version(Index opset) {
  if (opset <= 18) return 8;
  if (opset <= 20) return 9;
  return opset <= 22 ? 10 : 11;
}

/// An input or output [N,…].
exchange::ValueInfoProto value_info(const std::string& name, Element type,
                                    std::span<const Index> lengths) {
  exchange::TensorTypeProto tensor;
  tensor.elem_type = static_cast<std::int64_t>(type);
  exchange::TensorShapeProto& shape = tensor.shape.emplace_back();
  shape.dim.push_back({std::nullopt, "N"});
  for (const Index length : lengths) shape.dim.push_back({length, ""});
  exchange::ValueInfoProto info;
  info.name = name;
  info.type.emplace_back().tensor_type.push_back(tensor);
  return info;
}

void check_weights(const Model& model, const Weights& weights) {
  const auto check = [&](const auto& wanted, const std::vector<Array>& given) {
    if (wanted.size() != given.size()) {
      throw Error(text::concat("to_onnx: ", model.name(), " has ", wanted.size(),
                               " arrays of a kind, got ", given.size()));
    }
    for (size_t i = 0; i < given.size(); ++i) {
      if (given[i].shape() == wanted[i].shape) continue;
      throw Error(text::concat("to_onnx: ", wanted[i].name, " is ", wanted[i].shape, ", got ",
                               given[i].shape()));
    }
  };
  check(model.parameters(), weights.parameters);
  check(model.states(), weights.states);
}

/// Throws ModelError naming each layer that cannot be written.
void check_layers(const internal::ModelParts& parts, Index opset) {
  std::vector<std::string> lines;
  for (const internal::Layer& layer : parts.graph) {
    const std::string& type = layer.type->object.name;
    if (exchange::find_layer(type) == nullptr) {
      lines.push_back(text::concat("layer \"", layer.name, "\": ", type, " has no ONNX form here"));
    }
    if (type == "layer_norm" && opset < 17) {
      lines.push_back(
          text::concat("layer \"", layer.name, "\": layer_norm needs opset 17, got ", opset));
    }
  }
  if (lines.empty()) return;
  throw ModelError(
      text::concat("cannot write ", parts.name, " as ONNX:\n  ", text::joined(lines, "\n  ")));
}

/// Writes all layers and returns the output of the last one.
Value write_layers(const internal::ModelParts& parts, const Weights& weights, Value input,
                   OnnxWriter& out) {
  std::vector<Value> values(parts.graph.size());
  size_t parameter = 0;
  size_t state = 0;
  for (size_t i = 0; i < parts.graph.size(); ++i) {
    const internal::Layer& layer = parts.graph[i];
    out.set_prefix(layer.name);
    std::vector<Value*> inputs;
    for (const Index from : layer.inputs) {
      inputs.push_back(from < 0 ? &input : &values[static_cast<size_t>(from)]);
    }
    const exchange::LayerExport call{
        .layer = layer,
        .inputs = inputs,
        .parameters = std::span(weights.parameters).subspan(parameter, layer.parameters.size()),
        .states = std::span(weights.states).subspan(state, layer.states.size()),
        .out = out};
    values[i] = exchange::find_layer(layer.type->object.name)(call);
    if (layer.fields->has("activation")) {
      const std::string& name = layer.fields->text("activation");
      const double parameter_of = name == "leaky_relu" ? 0.01 : 1.0;  // the defaults of the layers
      if (name != "none") exchange::write_activation(out, name, parameter_of, values[i]);
    }
    parameter += layer.parameters.size();
    state += layer.states.size();
  }
  out.set_prefix("");
  return values.back();
}

}  // namespace

std::string to_onnx(const Model& model, const Weights& weights, const OnnxOptions& options) {
  if (options.opset < kOldest || options.opset > kNewest) {
    throw ModelError(text::concat("to_onnx: opset ", options.opset, " is not written; choose from ",
                                  kOldest, " to ", kNewest));
  }
  check_weights(model, weights);
  // A Model keeps its layers to itself; they are read again from its text.
  const internal::ModelParts parts = internal::read_model(model.text(), model.file(), {});
  check_layers(parts, options.opset);
  OnnxWriter out(options.opset);

  const Shape& shape = model.input_shape();
  const bool image = shape.rank() == 3;
  std::vector<Index> lengths(shape.lengths().begin(), shape.lengths().end());
  if (image && options.channels_first) lengths = {shape[2], shape[0], shape[1]};
  Value input{shape, "input", "", {}, {}};
  if (image && options.channels_first) input = {shape, "", "input", {}, {}};
  Value y = write_layers(parts, weights, input, out);
  std::string output = exchange::as_last(out, y);
  if (y.shape.rank() > 1)
    output = out.node("Flatten", {output}, {exchange::attribute("axis", Index{1})});
  if (!options.logits && model.loss_key() == "cross_entropy") {
    output = out.node("Softmax", {output}, {exchange::attribute("axis", Index{-1})});
  }
  if (output == "input") output = out.node("Identity", {output});  // no layer does anything
  out.set_output(output, "output");

  exchange::ModelProto file;
  file.ir_version = ir_version(options.opset);
  file.producer_name = "autonet";
  file.opset_import.push_back({"", options.opset});
  if (model.classes() > 0 && !model.class_names().empty()) {
    file.metadata_props.push_back({"classes", text::joined(model.class_names(), ",")});
  }
  exchange::GraphProto& graph = out.graph();
  graph.name = model.name();
  graph.input.push_back(
      value_info("input", model.tokens() > 0 ? Element::int64 : Element::float32, lengths));
  const Index outputs = model.outputs();
  graph.output.push_back(value_info("output", Element::float32, std::span(&outputs, 1)));
  file.graph.push_back(std::move(graph));
  return exchange::write_model_proto(file);
}

}  // namespace autonet
