// Nodes of images [N,C,H,W].
#include <algorithm>
#include <cmath>

#include "exchange/import_layer.h"
#include "exchange/operators/windows.h"

namespace autonet::exchange {
namespace {

using Keys = std::vector<std::pair<std::string, std::string>>;

void add_key(Keys& keys, const std::string& name, Index a, Index b, Index fallback) {
  if (a != fallback || b != fallback) keys.emplace_back(name, json_pair(a, b));
}

/// "padding", if there is any: a number, [rows, columns] or all four margins.
void add_padding(Keys& keys, const AxisWindow& rows, const AxisWindow& cols) {
  if (rows.lo == rows.hi && cols.lo == cols.hi) {
    return add_key(keys, "padding", rows.lo, cols.lo, 0);
  }
  keys.emplace_back(
      "padding", text::concat("[[", rows.lo, ", ", rows.hi, "], [", cols.lo, ", ", cols.hi, "]]"));
}

/// The image that input 0 is, and, if a padding with zeros made it, its margins.
Index padded_image(const ImportCall& c, std::vector<Index>& margins) {
  margins.assign(4, 0);
  const View& x = c.view(0);
  if (c.type_of(x.layer) != "@pad") return c.image(0);
  margins = c.layer(x.layer).margins;
  return c.layer(x.layer).inputs[0];
}

/// Adds the margins of an earlier node to those of the window.
void add_margin(const ImportCall& c, AxisWindow& axis, Index lo, Index hi) {
  if ((lo < 0 && axis.lo != 0) || (hi < 0 && axis.hi != 0))
    c.unsupported("it pads an image that was cut off before");
  axis.lo += lo;
  axis.hi += hi;
}

void set_weights(const ImportCall& c, ImportedLayer& layer, Array weights, Index channels) {
  layer.parameters = {std::move(weights)};
  if (c.has(2)) {
    layer.parameters.push_back(c.constant(2).reshape(Shape{channels}).clone());
  } else {
    layer.keys.emplace_back("bias", "false");
  }
}

void conv(const ImportCall& c) {
  if (c.shape(0).rank() != 4) c.unsupported("autonet has it for images only, got ", c.shape(0));
  std::vector<Index> margins;
  const Index x = padded_image(c, margins);
  const Array w = c.constant(1);
  const Index k = w.shape()[0];
  Windows windows = windows_of(c, c.shape(0), {w.shape()[2], w.shape()[3]});
  c.ignore("kernel_shape");
  add_margin(c, windows.axes[0], margins[0], margins[1]);
  add_margin(c, windows.axes[1], margins[2], margins[3]);
  const AxisWindow& rows = windows.axes[0];
  const AxisWindow& cols = windows.axes[1];
  ImportedLayer layer{.type = "conv2d", .inputs = {x}};
  layer.keys = {{"channels", json(k)}, {"kernel", json_pair(w.shape()[2], w.shape()[3])}};
  add_key(layer.keys, "stride", rows.stride, cols.stride, 1);
  add_padding(layer.keys, rows, cols);
  add_key(layer.keys, "dilation", rows.kernel_dilation, cols.kernel_dilation, 1);
  const Index groups = c.whole("group", 1);
  if (groups != 1) layer.keys.emplace_back("groups", json(groups));
  set_weights(c, layer, w.permute({2, 3, 1, 0}).clone(), k);
  const Shape& y = c.output_shape();
  layer.output = Shape{y[2], y[3], k};
  c.give_image(c.add(std::move(layer)));
}

void conv_transpose(const ImportCall& c) {
  const Index x = c.image(0);
  const Array w = c.constant(1);  // [C,K/groups,R,S]
  const Index groups = c.whole("group", 1);
  const Windows windows = windows_of(c, c.shape(0), {w.shape()[2], w.shape()[3]});
  const std::string auto_pad = c.text("auto_pad", "NOTSET");
  if (c.has_attribute("output_shape") || (auto_pad != "NOTSET" && auto_pad != "VALID"))
    c.unsupported("output_shape or auto_pad");
  c.ignore("kernel_shape");
  const std::vector<Index> more = c.wholes("output_padding").value_or(std::vector<Index>{0, 0});
  const AxisWindow& rows = windows.axes[0];
  const AxisWindow& cols = windows.axes[1];
  const Shape& y = c.output_shape();
  ImportedLayer layer{.type = "conv2d_transpose", .inputs = {x}};
  layer.keys = {{"channels", json(y[1])}, {"kernel", json_pair(w.shape()[2], w.shape()[3])}};
  add_key(layer.keys, "stride", rows.stride, cols.stride, 1);
  add_padding(layer.keys, rows, cols);
  add_key(layer.keys, "dilation", rows.kernel_dilation, cols.kernel_dilation, 1);
  add_key(layer.keys, "more", more.at(0), more.at(1), 0);
  if (groups != 1) layer.keys.emplace_back("groups", json(groups));
  set_weights(c, layer, w.permute({2, 3, 1, 0}).clone(), y[1]);
  layer.output = Shape{y[2], y[3], y[1]};
  c.give_image(c.add(std::move(layer)));
}

/// Margins behind the image such that the windows that ceil_mode adds fit.
void fit_to(AxisWindow& axis, Index n, Index kernel, Index outputs) {
  const Index covered = (outputs - 1) * axis.stride + kernel;
  axis.hi = std::max(axis.hi, covered - n - axis.lo);
}

void pool(const ImportCall& c, const char* type) {
  const bool maximum = std::string(type) == "max_pool2d";
  if (c.wants(1)) c.unsupported("the places of the maxima");
  const Index x = c.image(0);
  const std::vector<Index> kernel = c.wholes("kernel_shape").value_or(std::vector<Index>{});
  if (kernel.size() != 2) c.unsupported("a kernel of ", kernel.size(), " axes");
  Windows windows = windows_of(c, c.shape(0), kernel);
  AxisWindow& rows = windows.axes[0];
  AxisWindow& cols = windows.axes[1];
  if (rows.kernel_dilation != 1 || cols.kernel_dilation != 1) c.unsupported("dilations");
  const Shape& y = c.output_shape();
  const AxisWindow rows_before = rows;
  const AxisWindow cols_before = cols;
  fit_to(rows, c.shape(0)[2], kernel[0], y[2]);
  fit_to(cols, c.shape(0)[3], kernel[1], y[3]);
  const bool counts = !maximum && c.whole("count_include_pad", 0) != 0;
  if (counts && (rows != rows_before || cols != cols_before)) c.unsupported("ceil_mode");
  (void)c.whole("ceil_mode", 0);
  ImportedLayer layer{.type = type, .inputs = {x}};
  layer.keys.emplace_back("kernel", json_pair(kernel[0], kernel[1]));
  layer.keys.emplace_back("stride", json_pair(rows.stride, cols.stride));
  add_padding(layer.keys, rows, cols);
  if (counts) layer.keys.emplace_back("count_padding", "true");
  layer.output = Shape{y[2], y[3], y[1]};
  c.give_image(c.add(std::move(layer)));
}

void max_pool(const ImportCall& c) {
  pool(c, "max_pool2d");
}
void average_pool(const ImportCall& c) {
  pool(c, "avg_pool2d");
}

/// The mean over all places of an image or a sequence. `from` is the layer, with channels last.
void give_global(const ImportCall& c, Index from) {
  const Shape& x = c.output_of(from);
  const Index channels = x[x.rank() - 1];
  const Index layer =
      c.add({.type = "global_avg_pool", .inputs = {from}, .output = Shape{channels}});
  View y{layer, 0, axes_of(c.batch(), Shape{channels}, plain_order(1))};
  const Shape& shape = c.output_shape();
  y.axes = *regrouped(y.axes, shape.lengths());
  c.give(std::move(y));
}

void global_average(const ImportCall& c) {
  give_global(c, c.image(0));
}

void global_max(const ImportCall& c) {
  const Index x = c.image(0);
  const Shape image = c.output_of(x);
  ImportedLayer layer{.type = "max_pool2d", .inputs = {x}, .output = {1, 1, image[2]}};
  layer.keys = {{"kernel", json_pair(image[0], image[1])}};
  c.give_image(c.add(std::move(layer)));
}

void reduce_mean(const ImportCall& c) {
  std::vector<Index> axes = c.wholes("axes", 1).value_or(std::vector<Index>{});
  (void)c.whole("keepdims", 1);
  const int rank = c.shape(0).rank();
  for (Index& axis : axes) axis += axis < 0 ? rank : 0;
  std::ranges::sort(axes);
  using List = std::vector<Index>;
  if (rank == 4 && axes == List{2, 3}) return give_global(c, c.image(0));
  if (rank == 4 && axes == List{1, 2}) return give_global(c, c.laid_out(c.view(0), plain_order(3)));
  if (rank == 3 && axes == List{1}) return give_global(c, c.laid_out(c.view(0), plain_order(2)));
  if (rank == 3 && axes == List{2})
    return give_global(c, c.laid_out(c.view(0), channels_first_order(2)));
  c.unsupported("autonet has the mean over the places of an image or the steps of a sequence only");
}

/// Zeros around an image, or rows and columns cut off. The convolution that follows does it.
void pad(const ImportCall& c) {
  if (c.text("mode", "constant") != "constant") c.unsupported("a mode other than constant");
  const std::vector<Index> pads = c.wholes("pads", 1).value_or(std::vector<Index>{});
  const double value = c.has(2) ? c.single(2).value_or(1.0) : c.number("value", 0.0);
  const bool image =
      pads.size() == 8 && pads[0] == 0 && pads[1] == 0 && pads[4] == 0 && pads[5] == 0 && !c.has(3);
  if (!image || value != 0.0) c.unsupported("autonet pads the rows and columns of an image with 0");
  const Index x = c.image(0);
  const Shape& y = c.output_shape();
  ImportedLayer step{.type = "@pad", .inputs = {x}, .output = {y[2], y[3], y[1]}};
  step.margins = {pads[2], pads[6], pads[3], pads[7]};
  c.give_image(c.add(std::move(step)));
}

void resize(const ImportCall& c) {
  const Index x = c.image(0);
  const Shape before = c.output_of(x);
  const Shape& y = c.output_shape();
  const std::string mode = c.text("mode", "nearest");
  const bool old = c.node().op_type == "Upsample" || c.opset() < 11;
  const std::string places =
      c.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const std::string nearest = c.text("nearest_mode", old ? "floor" : "round_prefer_floor");
  if (c.whole("antialias", 0) != 0 || c.whole("exclude_outside", 0) != 0)
    c.unsupported("antialias or exclude_outside");
  for (const char* name :
       {"cubic_coeff_a", "extrapolation_value", "keep_aspect_ratio_policy", "scales", "axes"})
    c.ignore(name);
  const Index rows = y[2] / before[0];
  const Index cols = y[3] / before[1];
  const bool whole = rows * before[0] == y[2] && cols * before[1] == y[3] && y[1] == before[2];
  const bool half = places == "half_pixel" || places == "pytorch_half_pixel";
  const bool repeats = mode == "nearest" && ((places == "asymmetric" && nearest == "floor") ||
                                             (half && nearest.starts_with("round_")));
  const bool linear = mode == "linear" && half;
  if (!whole || !(repeats || linear)) {
    c.unsupported("autonet enlarges images by whole factors, repeating pixels or interpolating ",
                  "with half_pixel; got ", mode, ", ", places, ", ", c.shape(0), " to ", y);
  }
  ImportedLayer layer{.type = "upsample", .inputs = {x}, .output = {y[2], y[3], y[1]}};
  layer.keys.emplace_back("factor", json_pair(rows, cols));
  if (linear) layer.keys.emplace_back("method", "\"linear\"");
  c.give_image(c.add(std::move(layer)));
}

}  // namespace

std::map<std::string, ImportNode> image_nodes() {
  return {{"Conv", conv},
          {"ConvTranspose", conv_transpose},
          {"MaxPool", max_pool},
          {"AveragePool", average_pool},
          {"GlobalAveragePool", global_average},
          {"GlobalMaxPool", global_max},
          {"ReduceMean", reduce_mean},
          {"Pad", pad},
          {"Resize", resize},
          {"Upsample", resize}};
}

}  // namespace autonet::exchange
