#include "models/layer.h"

#include "models/value_reader.h"

namespace autonet {
namespace {

std::string lengths_text(std::span<const Index> lengths) {
  std::string text = "[";
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (i > 0) text += ",";
    text += std::to_string(lengths[i]);
  }
  return text + "]";
}

}  // namespace

Shape bounded_shape(std::span<const Index> lengths, double most, const std::string& what) {
  double size = 1.0;  // the product of unchecked lengths need not fit an Index
  for (Index length : lengths) size *= static_cast<double>(length);
  if (size > most) {
    throw LayerMistake{"", what + " " + lengths_text(lengths) + " would have " + number_text(size) +
                               " numbers; at most " + number_text(most) + " are allowed"};
  }
  return Shape(lengths);
}

std::string Layer::input_text(size_t i) const {
  return "\"" + input_names.at(i) + "\" gives " + input_shapes.at(i).str();
}

void Layer::add_weight(std::span<const Index> lengths, Index fan_in, Index fan_out) {
  const Shape shape = bounded_shape(lengths, kMaxParameter, "weights");
  parameters.push_back({name + "/weight", shape, fields->get<Init>("init"), true, fan_in, fan_out});
  weights += shape.size();
}

void Layer::add_bias(Index length, Index fan_in) {
  if (!fields->flag("bias")) return;
  parameters.push_back(
      {name + "/bias", Shape{length}, fields->get<Init>("bias_init"), false, fan_in, length});
  biases += length;
}

}  // namespace autonet
