#include "models/layer.h"

#include "autonet/ops/arithmetic.h"
#include "autonet/text/concat.h"
#include "models/layers/activation.h"
#include "text/numbers.h"

namespace autonet::internal {
Shape bounded_shape(std::span<const Index> lengths, double most, const std::string& what) {
  double size = 1.0;  // the product may be too large for an Index
  for (Index length : lengths) size *= static_cast<double>(length);
  if (size > most) {
    throw LayerMistake{"", text::concat(what, " [", text::joined(lengths, ","), "] would have ",
                                        text::significant(size, 16), " numbers; at most ",
                                        text::significant(most, 16), " are allowed")};
  }
  return Shape(lengths);
}

std::string Layer::input_text(size_t i) const {
  return text::concat("\"", input_names.at(i), "\" gives ", input_shapes.at(i));
}

void Layer::add_weight(std::span<const Index> lengths, Index fan_in, Index fan_out,
                       const char* role) {
  const Shape shape = bounded_shape(lengths, kMaxParameter, "weights");
  parameters.push_back({.name = text::concat(name, "/", role),
                        .shape = shape,
                        .init = fields->get<Init>("init"),
                        .decays = true,
                        .fan_in = fan_in,
                        .fan_out = fan_out});
  weights += shape.size();
}

void Layer::add_bias(Index length, Index fan_in, const char* role) {
  if (!fields->flag("bias")) return;
  parameters.push_back({.name = text::concat(name, "/", role),
                        .shape = Shape{length},
                        .init = fields->get<Init>("bias_init"),
                        .fan_in = fan_in,
                        .fan_out = length});
  biases += length;
}

Key init_key(const std::string& fallback) {
  return {.name = "init",
          .kind = Key::Kind::init,
          .doc =
              "how the weights start: \"he\", \"xavier\" or \"orthogonal\", or one of these, "
              "\"normal\", \"uniform\" or \"constant\" with a number: {\"normal\": 0.1}",
          .fallback = fallback};
}

std::vector<Key> with_factor_keys(std::vector<Key> own) {
  own.push_back(number_key("learning_rate_factor",
                           "multiplies the learning rate for the layer's parameters; 0 leaves them "
                           "as they are",
                           within(0, 1000), "1"));
  own.push_back(number_key("decay_factor",
                           "multiplies \"l2_decay\" and \"weight_decay\" for the layer's weights",
                           within(0, 1000), "1"));
  return own;
}

std::vector<Key> with_weight_keys(std::vector<Key> own) {
  own.push_back(activation_key());
  own.push_back(flag_key("bias", "whether a bias is added to each output channel", "true"));
  own.push_back(init_key("{\"xavier\": 1}"));
  own.push_back({.name = "bias_init",
                 .kind = Key::Kind::init,
                 .doc = "how the biases start",
                 .fallback = "{\"constant\": 0}"});
  return with_factor_keys(std::move(own));
}

Var LayerCall::add_bias(Var y) const {
  return parameters.size() > 1 ? add(y, parameters[1]) : y;
}

void keep_shape(Layer& layer) {
  layer.output = layer.input();
}

}  // namespace autonet::internal
