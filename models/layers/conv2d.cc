#include "autonet/ops/conv2d.h"

#include "autonet/ops/patches.h"
#include "models/layers/families.h"
#include "models/layers/window_keys.h"

namespace autonet::internal {
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
  require_groups(layer, groups, k);
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
  layer.connections = positions * k * patch;
  layer.multiply_adds = static_cast<double>(positions) * static_cast<double>(k * patch);
}

Var record(const LayerCall& call) {
  const Window window = conv_window(call.layer);
  const bool patches = call.layer.fields->text("method") == "patches";
  const Var w = call.parameters[0];
  return call.add_bias(patches ? conv2d_patches(call.input(), w, window)
                               : conv2d(call.input(), w, window, {.exact = call.exact}));
}

}  // namespace

std::vector<LayerType> conv2d_layers() {
  return {
      {.object = {.name = "conv2d",
                  .doc = "Slides a kernel over an image [rows, columns, channels] and gives one "
                         "with \"channels\" channels. Weights [R,S,C/groups,K].",
                  .keys = with_weight_keys(
                      {whole_key("channels", "the number of output channels", within(1, 65536))
                           .as_required(),
                       extent_key("kernel", "rows and columns of the kernel").as_required(),
                       extent_key("stride", "steps between outputs", "1"), padding_key(-4096),
                       extent_key("dilation", "distance between the kernel's elements", "1"),
                       whole_key("groups",
                                 "parts that the channels are divided into; each part "
                                 "is convolved on its own",
                                 within(1, 65536), "1"),
                       choice_key("method",
                                  "how it is computed: by the flip and padding rules, or by "
                                  "gathering patches; both give the same numbers",
                                  {"flip", "patches"}, "\"flip\"")})},
       .plan = plan,
       .record = record}};
}

}  // namespace autonet::internal
