#include "ops/conv2d.h"

#include "models/layers/layers.h"
#include "models/layers/window_keys.h"
#include "ops/arithmetic.h"
#include "ops/patches.h"

namespace autonet {
namespace {

Window conv_window(const Layer& layer) {
  Window window = window_of(layer);
  window.groups = layer.fields->whole("groups");
  return window;
}

void plan(Layer& layer) {
  require_image(layer);
  const Extent kernel = layer.fields->get<Extent>("kernel");
  const Index groups = layer.fields->whole("groups");
  const Index c = layer.input()[2];
  const Index k = layer.fields->whole("channels");
  if (c % groups != 0 || k % groups != 0) {
    throw LayerMistake{"groups", std::to_string(groups) + " must divide the " + std::to_string(c) +
                                     " input channels and the " + std::to_string(k) +
                                     " output channels; " + layer.input_text()};
  }
  const Window window = conv_window(layer);
  layer.output = window_output(layer, window, k);
  const Index positions = layer.output[0] * layer.output[1];
  const std::vector<Index> weight = {kernel[0], kernel[1], c / groups, k};
  bounded_shape(weight, kMaxParameter, "weights");
  const Index patch = kernel[0] * kernel[1] * (c / groups);
  if (layer.fields->text("method") == "patches") {
    bounded_shape(std::vector<Index>{positions, kernel[0] * kernel[1], c}, kMaxOutput, "patches");
  }
  layer.add_weight(weight, patch, kernel[0] * kernel[1] * (k / groups));
  layer.add_bias(k, patch);
  layer.connections = positions * k * patch + positions * layer.biases;
  layer.multiply_adds = static_cast<double>(positions) * static_cast<double>(k * patch);
}

Var record(const LayerCall& call) {
  const Window window = conv_window(call.layer);
  const bool patches = call.layer.fields->text("method") == "patches";
  const Var w = call.parameters[0];
  const Var y = patches ? conv2d_patches(call.input(), w, window)
                        : conv2d(call.input(), w, window, {.exact = call.exact});
  return call.has_bias() ? add(y, call.parameters[1]) : y;
}

}  // namespace

LayerType conv2d_layer() {
  Key channels{"channels", Key::Kind::whole, "the number of output channels", "", true, 1, 65536};
  Key groups{"groups", Key::Kind::whole, "parts that channels are cut into, convolved apart", "1"};
  groups.low = 1;
  groups.high = 65536;
  Key method{"method", Key::Kind::choice,
             "how it is computed: by the flip and padding rules, or by gathering patches; the "
             "numbers are the same",
             "\"flip\""};
  method.choices = {"flip", "patches"};
  LayerType type;
  type.object = {"conv2d",
                 "Slides a kernel over an image: [rows, columns, channels] to the same with "
                 "\"channels\" channels. Weights [R,S,C/groups,K].",
                 {channels, extent_key("kernel", "rows and columns of the kernel", ""),
                  extent_key("stride", "steps between outputs", "1"), padding_key(-4096, "0"),
                  extent_key("dilation", "distance between the kernel's elements", "1"), groups,
                  method, activation_key(), bias_key(), init_key(), bias_init_key()}};
  type.plan = plan;
  type.record = record;
  return type;
}

}  // namespace autonet
