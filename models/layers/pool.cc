#include "ops/pool.h"

#include "models/layers/layers.h"
#include "models/layers/window_keys.h"

namespace autonet {
namespace {

/// A margin that reaches the kernel's length leaves a window with nothing but margin in it.
void require_small_margins(const AxisWindow& axis, Index k) {
  if (axis.lo < k && axis.hi < k) return;
  throw LayerMistake{"padding", "must be smaller than the kernel, got margins " +
                                    std::to_string(axis.lo) + " and " + std::to_string(axis.hi) +
                                    " for a kernel of " + std::to_string(k)};
}

void plan_window(Layer& layer) {
  require_image(layer);
  const Window window = window_of(layer);
  const Extent kernel = layer.fields->get<Extent>("kernel");
  require_small_margins(window.rows, kernel[0]);
  require_small_margins(window.cols, kernel[1]);
  layer.output = window_output(layer, window, layer.input()[2]);
}

KernelSize kernel_of(const Layer& layer) {
  const Extent kernel = layer.fields->get<Extent>("kernel");
  return {kernel[0], kernel[1]};
}

/// The average is taken over gathered patches: their number must be bearable too.
void plan_average(Layer& layer) {
  plan_window(layer);
  const Extent kernel = layer.fields->get<Extent>("kernel");
  const Index positions = layer.output[0] * layer.output[1];
  bounded_shape(std::vector<Index>{positions, kernel[0] * kernel[1], layer.output[2]}, kMaxOutput,
                "patches");
}

Var record_max(const LayerCall& call) {
  return max_pool2d(call.input(), kernel_of(call.layer), window_of(call.layer));
}

Var record_average(const LayerCall& call) {
  return avg_pool2d(call.input(), kernel_of(call.layer), window_of(call.layer),
                    call.layer.fields->flag("count_padding"));
}

void plan_global(Layer& layer) {
  require_image(layer);
  layer.output = Shape{layer.input()[2]};
}

Var record_global(const LayerCall& call) {
  return global_avg_pool(call.input());
}

LayerType pool_layer(const std::string& name, const std::string& doc) {
  Key stride = extent_key("stride", "steps between windows; the kernel if it is left out", "1");
  stride.fallback.clear();  // its fallback is another key's value
  LayerType type;
  type.object = {
      name,
      doc,
      {extent_key("kernel", "rows and columns of a window", ""), stride, padding_key(0, "0")}};
  type.plan = plan_window;
  return type;
}

}  // namespace

std::vector<LayerType> pool_layers() {
  LayerType largest = pool_layer(
      "max_pool2d", "The largest number of each window, for each channel; padding never wins.");
  largest.record = record_max;

  LayerType average = pool_layer("avg_pool2d", "The mean of each window, for each channel.");
  average.object.keys.push_back(
      {"count_padding", Key::Kind::flag, "whether padding counts, as zeros, in the mean", "false"});
  average.plan = plan_average;
  average.record = record_average;

  LayerType global;
  global.object = {
      "global_avg_pool", "The mean of each channel over the image: to [channels].", {}};
  global.plan = plan_global;
  global.record = record_global;
  return {largest, average, global};
}

}  // namespace autonet
