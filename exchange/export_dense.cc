// Layers of any arrays: linear, shapes, activations, normalizations, joins.
#include "exchange/export_layer.h"
#include "exchange/flattened_image.h"

namespace autonet::exchange {
namespace {

/// A flattened image, in the order that costs nothing.
std::string flattened(const LayerExport& e, Shape& image) {
  Value& x = e.input();
  image = {};
  if (!x.flat.empty()) {
    image = x.image;
    return x.flat;
  }
  if (x.shape.rank() == 1) return e.last();
  if (x.shape.rank() == 3 && x.last.empty()) {
    image = x.shape;
    return e.out.node("Flatten", {x.first}, {attribute("axis", Index{1})});
  }
  return e.out.node("Flatten", {e.last()}, {attribute("axis", Index{1})});
}

Value linear(const LayerExport& e) {
  const Array& w = e.parameters[0];
  const bool bias = e.parameters.size() > 1;
  if (e.fields().flag("each_position") && e.input().shape.rank() > 1) {
    std::string y = e.out.node("MatMul", {e.last(), e.out.weight("weight", w)});
    if (bias) y = e.out.node("Add", {y, e.out.weight("bias", e.parameters[1])});
    return e.in_last(y);
  }
  Shape image;
  const std::string x = flattened(e, image);
  const Array rows = image.rank() == 3 ? internal::channels_first_rows(w, image) : w;
  std::vector<std::string> inputs = {x, e.out.weight("weight", rows)};
  if (bias) inputs.push_back(e.out.weight("bias", e.parameters[1]));
  return e.in_last(e.out.node("Gemm", inputs));
}

/// An image in ONNX's layout is flattened in its order; what reads it puts that right.
Value flatten(const LayerExport& e) {
  Shape image;
  const std::string y = flattened(e, image);
  if (image.rank() == 3) return {e.layer.output, "", "", image, y};
  return e.in_last(y);
}

Value reshape(const LayerExport& e) {
  std::vector<Index> lengths = {-1};
  for (const Index length : e.layer.output.lengths()) lengths.push_back(length);
  return e.in_last(e.out.reshaped(e.last(), lengths));
}

/// In evaluation, dropout changes nothing.
Value dropout(const LayerExport& e) {
  return e.input();
}

Value activation(const LayerExport& e) {
  const std::string& name = e.layer.type->object.name;
  const double parameter = name == "leaky_relu" ? e.fields().number("slope")
                           : name == "elu"      ? e.fields().number("alpha")
                                                : 0.0;
  Value y = e.input();
  write_activation(e.out, name, parameter, y);
  return y;
}

Value batch_norm(const LayerExport& e) {
  const bool image = e.input().shape.rank() == 3;
  const bool sequence = e.input().shape.rank() == 2;
  std::string x = image ? e.first() : e.last();
  if (sequence) x = e.out.transposed(x, {0, 2, 1});
  const std::string y = e.out.node(
      "BatchNormalization",
      {x, e.out.weight("weight", e.parameters[0]), e.out.weight("bias", e.parameters[1]),
       e.out.weight("running_mean", e.states[0]), e.out.weight("running_variance", e.states[1])},
      {attribute("epsilon", e.fields().number("epsilon"))});
  if (image) return e.in_first(y);
  return e.in_last(sequence ? e.out.transposed(y, {0, 2, 1}) : y);
}

Value layer_norm(const LayerExport& e) {
  return e.in_last(e.out.node(
      "LayerNormalization",
      {e.last(), e.out.weight("weight", e.parameters[0]), e.out.weight("bias", e.parameters[1])},
      {attribute("axis", Index{-1}), attribute("epsilon", e.fields().number("epsilon"))}));
}

/// Each group as one channel of InstanceNormalization, then a scale and a shift for each channel.
Value group_norm(const LayerExport& e) {
  const Shape& shape = e.input().shape;
  const Index channels = shape[shape.rank() - 1];
  const Index groups = e.fields().whole("groups");
  const bool image = shape.rank() == 3;
  std::string x = image ? e.first() : e.last();
  if (shape.rank() == 2) x = e.out.transposed(x, {0, 2, 1});
  const Index pixels = shape.size() / channels;
  const std::string apart = e.out.reshaped(x, {-1, groups, channels / groups * pixels});
  const std::string normal =
      e.out.node("InstanceNormalization",
                 {apart, e.out.weight("ones", Array::full({{groups}, DType::f32}, 1.0)),
                  e.out.weight("zeros", Array::zeros({{groups}, DType::f32}))},
                 {attribute("epsilon", e.fields().number("epsilon"))});
  std::vector<Index> back = {-1, channels};
  std::vector<Index> each = {channels};
  if (shape.rank() == 3) {
    back = {-1, channels, shape[0], shape[1]};
    each = {channels, 1, 1};
  } else if (shape.rank() == 2) {
    back = {-1, channels, shape[0]};
    each = {channels, 1};
  }
  const Shape stretched(each);
  std::string y = e.out.reshaped(normal, back);
  y = e.out.node("Mul", {y, e.out.weight("weight", e.parameters[0].reshape(stretched))});
  y = e.out.node("Add", {y, e.out.weight("bias", e.parameters[1].reshape(stretched))});
  if (image) return e.in_first(y);
  return e.in_last(shape.rank() == 2 ? e.out.transposed(y, {0, 2, 1}) : y);
}

/// A function of two arrays of one shape, folded over all inputs.
Value folded(const LayerExport& e, const char* type) {
  const bool image = e.layer.output.rank() == 3;
  const auto input = [&](size_t i) { return image ? e.first(i) : e.last(i); };
  std::string y = input(0);
  for (size_t i = 1; i < e.inputs.size(); ++i) y = e.out.node(type, {y, input(i)});
  return image ? e.in_first(y) : e.in_last(y);
}

Value add(const LayerExport& e) {
  return folded(e, "Add");
}
Value mul(const LayerExport& e) {
  return folded(e, "Mul");
}

Value concat(const LayerExport& e) {
  const bool image = e.layer.output.rank() == 3;
  std::vector<std::string> inputs;
  for (size_t i = 0; i < e.inputs.size(); ++i) inputs.push_back(image ? e.first(i) : e.last(i));
  const std::string y = e.out.node("Concat", inputs, {attribute("axis", Index{image ? 1 : -1})});
  return image ? e.in_first(y) : e.in_last(y);
}

}  // namespace

std::map<std::string, WriteLayer> dense_layers() {
  std::map<std::string, WriteLayer> layers = {{"linear", linear},
                                              {"flatten", flatten},
                                              {"reshape", reshape},
                                              {"dropout", dropout},
                                              {"batch_norm", batch_norm},
                                              {"layer_norm", layer_norm},
                                              {"group_norm", group_norm},
                                              {"add", add},
                                              {"mul", mul},
                                              {"concat", concat}};
  for (const char* name : {"relu", "leaky_relu", "elu", "gelu", "sigmoid", "tanh", "softplus",
                           "softmax", "log_softmax"}) {
    layers[name] = activation;
  }
  return layers;
}

}  // namespace autonet::exchange
