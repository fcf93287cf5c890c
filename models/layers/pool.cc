#include "autonet/ops/pool.h"

#include "autonet/ops/reduce.h"
#include "autonet/text/concat.h"
#include "models/layers/families.h"
#include "models/layers/window_keys.h"

namespace autonet::internal {
namespace {

/// Throws LayerMistake if a margin is as long as the kernel: some window would hold only padding.
void require_small_margins(const AxisWindow& axis, Index k) {
  if (axis.lo < k && axis.hi < k) return;
  throw LayerMistake{"padding", text::concat("must be smaller than the kernel, got margins ",
                                             axis.lo, " and ", axis.hi, " for a kernel of ", k)};
}

void plan_window(Layer& layer) {
  require_image(layer);
  const Window window = window_of(layer);
  const Extent kernel = layer.fields->get<Extent>("kernel");
  require_small_margins(window.rows, kernel[0]);
  require_small_margins(window.cols, kernel[1]);
  layer.output = window_output(layer, window, layer.input()[2]);
  layer.connections = layer.output.size() * kernel[0] * kernel[1];
}

KernelSize kernel_of(const Layer& layer) {
  const Extent kernel = layer.fields->get<Extent>("kernel");
  return {kernel[0], kernel[1]};
}

/// The mean is taken over gathered patches, so their size is limited as well.
void plan_average(Layer& layer) {
  plan_window(layer);
  const Extent kernel = layer.fields->get<Extent>("kernel");
  const Index positions = layer.output[0] * layer.output[1];
  bounded_shape(std::vector<Index>{positions, kernel[0] * kernel[1], layer.output[2]}, kMaxOutput,
                "patches");
}

void plan_global(Layer& layer) {
  const Shape& x = layer.input();
  if (x.rank() == 1) {
    throw LayerMistake{"", text::concat("global_avg_pool \"", layer.name,
                                        "\" needs an image [rows, columns, channels] or a sequence "
                                        "[steps, features], but ",
                                        layer.input_text())};
  }
  layer.output = Shape{x[x.rank() - 1]};
  layer.connections = x.size();
}

LayerType pool_layer(const char* name, const char* doc, void (*plan)(Layer&),
                     Var (*record)(const LayerCall&), std::vector<Key> more_keys = {}) {
  std::vector<Key> keys = {
      extent_key("kernel", "rows and columns of a window").as_required(),
      extent_key("stride", "steps between windows; by default those of the kernel"),
      padding_key(0)};
  keys.insert(keys.end(), more_keys.begin(), more_keys.end());
  return {.object = {.name = name, .doc = doc, .keys = std::move(keys)},
          .plan = plan,
          .record = record};
}

}  // namespace

std::vector<LayerType> pool_layers() {
  return {
      pool_layer("max_pool2d",
                 "The largest number of each window, for each channel; padding never wins.",
                 plan_window,
                 [](const LayerCall& call) {
                   return max_pool2d(call.input(), kernel_of(call.layer), window_of(call.layer));
                 }),
      pool_layer("avg_pool2d", "The mean of each window, for each channel.", plan_average,
                 [](const LayerCall& call) {
                   return avg_pool2d(call.input(), kernel_of(call.layer), window_of(call.layer),
                                     call.fields().flag("count_padding"));
                 },
                 {flag_key("count_padding", "whether the mean counts padding, as zeros", "false")}),
      {.object = {.name = "global_avg_pool",
                  .doc = "The mean of each channel over the image, or of each feature over the "
                         "sequence: gives [channels].",
                  .keys = {}},
       .plan = plan_global,
       .record = [](const LayerCall& call) {
         return call.input().rank() == 3 ? mean(call.input(), {1}) : global_avg_pool(call.input());
       }}};
}

}  // namespace autonet::internal
