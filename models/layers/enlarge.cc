#include <algorithm>

#include "autonet/ops/conv2d.h"
#include "autonet/ops/upsample.h"
#include "autonet/text/concat.h"
#include "models/layers/families.h"
#include "models/layers/window_keys.h"

namespace autonet::internal {
namespace {

/// A transposed convolution along one axis.
struct TransposedAxis {
  AxisWindow window;
  Index more = 0;    // see conv2d_transpose()
  Index length = 0;  // of the output
};

/// The axis (0: rows, 1: columns) of the layer. Throws LayerMistake if nothing is left of the
/// output.
TransposedAxis transposed_axis(const Layer& layer, size_t axis) {
  const Fields& fields = *layer.fields;
  const Index n = layer.input()[static_cast<int>(axis)];
  const auto& padding = fields.get<Padding>("padding");
  TransposedAxis t;
  t.window.stride = fields.get<Extent>("stride")[axis];
  t.window.kernel_dilation = fields.get<Extent>("dilation")[axis];
  t.window.lo = (axis == 0 ? padding.rows : padding.cols)[0];
  t.window.hi = (axis == 0 ? padding.rows : padding.cols)[1];
  t.more = fields.get<Extent>("more")[axis];
  const Index span = dilated(fields.get<Extent>("kernel")[axis], t.window.kernel_dilation);
  if (padding.type == Padding::Type::same) {  // stride times as long
    const Index margin = std::max<Index>(0, span - t.window.stride);
    t.window.lo = margin / 2;
    t.window.hi = margin - t.window.lo;
    t.more = std::max<Index>(0, t.window.stride - span);
  }
  if (t.more >= t.window.stride) {
    throw LayerMistake{"more", text::concat("must be smaller than the stride, got ", t.more,
                                            " for a stride of ", t.window.stride)};
  }
  t.length = (n - 1) * t.window.stride + span - t.window.lo - t.window.hi + t.more;
  if (t.length < 1) {
    throw LayerMistake{
        "padding", text::concat("leaves nothing of the output: ", t.window.lo, " and ", t.window.hi,
                                " are taken from ", t.length + t.window.lo + t.window.hi,
                                axis == 0 ? " rows; " : " columns; ", layer.input_text())};
  }
  return t;
}

void plan_transposed(Layer& layer) {
  require_image(layer);
  const Extent kernel = layer.fields->get<Extent>("kernel");
  const Extent stride = layer.fields->get<Extent>("stride");
  const Index groups = layer.fields->whole("groups");
  const Index c = layer.input()[2];
  const Index k = layer.fields->whole("channels");
  require_groups(layer, groups, k);
  const Index rows = transposed_axis(layer, 0).length;
  const Index cols = transposed_axis(layer, 1).length;
  layer.output = bounded_shape(std::vector<Index>{rows, cols, k}, kMaxOutput, "an output");
  const std::vector<Index> weight = {kernel[0], kernel[1], k / groups, c};
  bounded_shape(weight, kMaxParameter, "weights");
  const auto met = [&](size_t axis) { return (kernel[axis] + stride[axis] - 1) / stride[axis]; };
  const Index summed = met(0) * met(1) * (c / groups);
  const Index fed = kernel[0] * kernel[1] * (k / groups);
  layer.add_weight(weight, summed, fed);
  layer.add_bias(k, summed);
  layer.connections = layer.input().size() * fed;
  layer.multiply_adds = static_cast<double>(layer.input().size()) * static_cast<double>(fed);
}

Var record_transposed(const LayerCall& call) {
  const TransposedAxis rows = transposed_axis(call.layer, 0);
  const TransposedAxis cols = transposed_axis(call.layer, 1);
  const Window window{
      .rows = rows.window, .cols = cols.window, .groups = call.fields().whole("groups")};
  return call.add_bias(conv2d_transpose(call.input(), call.parameters[0], window,
                                        {rows.more, cols.more}, {.exact = call.exact}));
}

void plan_upsample(Layer& layer) {
  require_image(layer);
  const Shape& x = layer.input();
  const Extent factor = layer.fields->get<Extent>("factor");
  layer.output = bounded_shape(std::vector<Index>{x[0] * factor[0], x[1] * factor[1], x[2]},
                               kMaxOutput, "an output");
}

Var record_upsample(const LayerCall& call) {
  const Extent factor = call.fields().get<Extent>("factor");
  return call.fields().text("method") == "nearest"
             ? upsample_nearest(call.input(), factor[0], factor[1])
             : upsample_linear(call.input(), factor[0], factor[1]);
}

}  // namespace

std::vector<LayerType> enlarge_layers() {
  return {
      {.object = {.name = "conv2d_transpose",
                  .doc = "The transposed convolution, which enlarges an image [rows, columns, "
                         "channels] by its stride: each input adds a kernel to the output. Gives "
                         "(rows - 1) stride + kernel - padding + more rows. Weights "
                         "[R,S,K/groups,C].",
                  .keys = with_weight_keys(
                      {whole_key("channels", "the number of output channels", within(1, 65536))
                           .as_required(),
                       extent_key("kernel", "rows and columns of the kernel").as_required(),
                       extent_key("stride", "steps between the kernels", "1"),
                       {.name = "padding",
                        .kind = Key::Kind::padding,
                        .doc = "rows and columns to cut off the output: a number, [rows, columns], "
                               "[[top, bottom], [left, right]], \"valid\" (none) or \"same\" (so "
                               "many that there are inputs * stride outputs)",
                        .fallback = "0",
                        .range = within(0, 4096)},
                       extent_key("dilation", "distance between the kernel's elements", "1"),
                       {.name = "more",
                        .kind = Key::Kind::extent,
                        .doc = "rows and columns to add to the output, fewer than the stride; a "
                               "number or [rows, columns]",
                        .fallback = "0",
                        .range = within(0, 4095)},
                       whole_key("groups",
                                 "parts that the channels are divided into; each part is "
                                 "convolved on its own",
                                 within(1, 65536), "1")})},
       .plan = plan_transposed,
       .record = record_transposed},
      {.object =
           {.name = "upsample",
            .doc = "Enlarges an image by whole factors.",
            .keys = {extent_key("factor", "how many times as many rows and columns").as_required(),
                     choice_key("method",
                                "\"nearest\" repeats each pixel, \"linear\" interpolates "
                                "between them",
                                {"nearest", "linear"}, "\"nearest\"")}},
       .plan = plan_upsample,
       .record = record_upsample}};
}

}  // namespace autonet::internal
