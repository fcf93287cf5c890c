#include "models/layers/window_keys.h"

#include <algorithm>

#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

/// Sets the margins of padding "same": ceil(n / stride) outputs. If the number of zeros is odd, one
/// more is at the end, as in TensorFlow.
void set_same(AxisWindow& axis, Index n, Index k) {
  const Index outputs = (n + axis.stride - 1) / axis.stride;
  const Index covered = (outputs - 1) * axis.stride + dilated(k, axis.kernel_dilation);
  const Index margin = std::max<Index>(covered - n, 0);
  axis.lo = margin / 2;
  axis.hi = margin - axis.lo;
}

void require_fit(const Layer& layer, const AxisWindow& axis, Index n, Index k, const char* what) {
  if (output_length(n, k, axis) >= 1) return;
  throw LayerMistake{
      "kernel",
      text::concat("does not fit: with its dilation it spans ", dilated(k, axis.kernel_dilation),
                   " ", what, ", but the input with its padding has ", n + axis.lo + axis.hi, " (",
                   axis.lo, " + ", n, " + ", axis.hi, "); ", layer.input_text())};
}

}  // namespace

void require_image(const Layer& layer) {
  if (layer.input().rank() == 3) return;
  throw LayerMistake{
      "", text::concat(layer.type->object.name, " \"", layer.name,
                       "\" needs an image [rows, columns, channels], but ", layer.input_text())};
}

void require_groups(const Layer& layer, Index groups, Index output_channels) {
  const Index channels = layer.input()[2];
  if (channels % groups == 0 && output_channels % groups == 0) return;
  throw LayerMistake{"groups",
                     text::concat(groups, " must divide the ", channels, " input channels and the ",
                                  output_channels, " output channels; ", layer.input_text())};
}

Window window_of(const Layer& layer) {
  const Fields& fields = *layer.fields;
  const Extent kernel = fields.get<Extent>("kernel");
  const Extent stride = fields.has("stride") ? fields.get<Extent>("stride") : kernel;
  const Extent dilation =
      fields.has("dilation") ? fields.get<Extent>("dilation") : Extent{Index{1}, Index{1}};
  const auto& padding = fields.get<Padding>("padding");
  Window window;
  window.rows = {.stride = stride[0],
                 .kernel_dilation = dilation[0],
                 .lo = padding.rows[0],
                 .hi = padding.rows[1]};
  window.cols = {.stride = stride[1],
                 .kernel_dilation = dilation[1],
                 .lo = padding.cols[0],
                 .hi = padding.cols[1]};
  const Shape& x = layer.input();
  if (padding.type == Padding::Type::same) {
    set_same(window.rows, x[0], kernel[0]);
    set_same(window.cols, x[1], kernel[1]);
  }
  require_fit(layer, window.rows, x[0], kernel[0], "rows");
  require_fit(layer, window.cols, x[1], kernel[1], "columns");
  return window;
}

Shape window_output(const Layer& layer, const Window& window, Index channels) {
  const Extent kernel = layer.fields->get<Extent>("kernel");
  const Index rows = output_length(layer.input()[0], kernel[0], window.rows);
  const Index cols = output_length(layer.input()[1], kernel[1], window.cols);
  return bounded_shape(std::vector<Index>{rows, cols, channels}, kMaxOutput, "an output");
}

Key extent_key(const std::string& name, const std::string& doc, const std::string& fallback) {
  return {.name = name,
          .kind = Key::Kind::extent,
          .doc = doc + "; a number or [rows, columns]",
          .fallback = fallback,
          .range = within(1, 4096)};
}

Key padding_key(double low) {
  return {.name = "padding",
          .kind = Key::Kind::padding,
          .doc =
              "zeros around the image: a number, [rows, columns], [[top, bottom], [left, "
              "right]], \"valid\" (none) or \"same\" (so many that there are as many outputs as "
              "inputs / stride, rounded up)",
          .fallback = "0",
          .range = within(low, 4096)};
}

}  // namespace autonet::internal
