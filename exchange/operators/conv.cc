// Convolutions along one or two axes.
#include "autonet/ops/conv2d.h"

#include <algorithm>

#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"
#include "exchange/operators/volumes.h"
#include "exchange/operators/windows.h"
#include "exchange/step_function.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

std::vector<Index> kernel_of(const Call& c, Var w) {
  std::vector<Index> kernel;
  for (int axis = 2; axis < w.rank(); ++axis) kernel.push_back(w.shape()[axis]);
  if (const auto given = c.wholes("kernel_shape"); given && *given != kernel) {
    c.wrong("kernel_shape is not that of the weights ", w.shape());
  }
  return kernel;
}

/// Weights [K,C/groups,R,S], or [K,C/groups,S], as [R,S,C/groups,K].
Var as_weights(Var w) {
  const Var image = w.rank() == 3 ? unsqueeze(w, 2) : w;
  return permute(image, {2, 3, 1, 0});
}

Index groups_of(const Call& c) {
  const Index groups = c.whole("group", 1);
  if (groups < 1 || groups > 65536) c.wrong("group is ", groups);
  return groups;
}

/// [N,…,K], the pixels in between as of an image, or of a volume of three axes.
Var convolved(const Call& c, Var x, Var w) {
  if (w.rank() != x.rank()) c.wrong("weights ", w.shape(), " for ", x.shape());
  const Windows windows = windows_of(c, x.shape(), kernel_of(c, w));
  if (x.rank() == 5 && windows.kernel[0] > 4096)
    c.unsupported("a kernel ", windows.kernel[0], " deep");
  if (x.rank() == 5) return volume_convolution(x, w, windows, groups_of(c));
  return conv2d(as_image(x), as_weights(w), windows.window(groups_of(c)));
}

Outputs conv_of(const Call& c) {
  Var y = convolved(c, c.in(0), c.in(1));
  if (c.has(2)) y = y + c.in(2);
  return c.result(c.in(0).rank() == 5 ? channels_first(y) : from_image(y, c.in(0).rank()));
}

Outputs conv_integer(const Call& c) {
  if (c.in(0).rank() > 4) c.unsupported("whole numbers along three axes");
  const Var x = c.has(2) ? c.in(0) - c.in(2) : c.in(0);
  Var w = c.in(1);
  if (c.has(3)) w = w - (c.in(3).rank() == 1 ? per_channel(c.in(3), w.rank() + 1) : c.in(3));
  return c.result(from_image(convolved(c, x, w), c.in(0).rank()), Element::int32);
}

/// A convolution of bytes; the sums are whole numbers and exact.
Outputs quantized_conv(const Call& c) {
  if (c.in(0).rank() > 4) c.unsupported("whole numbers along three axes");
  const int rank = c.in(0).rank();
  const auto each_kernel = [&](Var v) { return v.rank() == 1 ? per_channel(v, rank + 1) : v; };
  const auto each_channel = [&](Var v) { return v.rank() == 1 ? per_channel(v, rank) : v; };
  Var sums = from_image(convolved(c, c.in(0) - c.in(2), c.in(3) - each_kernel(c.in(5))), rank);
  if (c.has(8)) sums = sums + each_channel(c.in(8));
  const auto real = [](Var v) { return cast(v, DType::f64); };
  const Var y = sums * (real(c.in(1)) * each_channel(real(c.in(4))) / real(c.in(6)));
  const Element type = c.type(7);
  if (type != Element::uint8 && type != Element::int8) c.unsupported("outputs of ", name_of(type));
  const double low = type == Element::int8 ? -128.0 : 0.0;
  return c.result(clip(round_even(y) + c.in(7), low, low + 255.0), type);
}

/// The margins of one axis of a transposed convolution, and what is added to its output.
void set_transposed(const Call& c, Windows& windows, std::vector<Index>& more, const Shape& x) {
  const std::string auto_pad = c.text("auto_pad", "NOTSET");
  const auto wanted = c.wholes("output_shape");
  const auto given = c.wholes("output_padding");
  more = given.value_or(std::vector<Index>(windows.axes.size(), 0));
  if (more.size() != windows.axes.size()) c.wrong("output_padding has ", more.size(), " lengths");
  if (wanted && wanted->size() < windows.axes.size()) c.wrong("output_shape is too short");
  if (!wanted && (auto_pad == "NOTSET" || auto_pad == "VALID")) return;
  for (size_t i = 0; i < windows.axes.size(); ++i) {
    AxisWindow& axis = windows.axes[i];
    const Index n = x[static_cast<int>(i) + 2];
    const Index span = (windows.kernel[i] - 1) * axis.kernel_dilation + 1;
    Index length = n * axis.stride;
    if (wanted) length = (*wanted)[wanted->size() - windows.axes.size() + i];
    const Index total = (n - 1) * axis.stride + more[i] + span - length;
    if (total < 0) {
      // The output is longer than what the kernels cover.
      more[i] -= total;
      axis.lo = axis.hi = 0;
      continue;
    }
    const bool upper = auto_pad == "SAME_UPPER";
    axis.lo = upper ? total / 2 : total - total / 2;
    axis.hi = total - axis.lo;
  }
}

/// Along three axes: the convolution of x with zeros between its numbers.
Outputs transpose_volume(const Call& c, Windows windows, const std::vector<Index>& more) {
  if (groups_of(c) != 1) c.unsupported("groups of transposed convolutions along three axes");
  std::vector<AxisPad> margins(5);
  for (size_t i = 0; i < 3; ++i) {
    AxisWindow& axis = windows.axes[i];
    const Index reach = (windows.kernel[i] - 1) * axis.kernel_dilation;
    margins[i + 2] = {reach - axis.lo, reach - axis.hi + more[i], axis.stride};
    axis = {.kernel_dilation = axis.kernel_dilation};
  }
  const Var w = permute(flip(c.in(1), {2, 3, 4}), {1, 0, 2, 3, 4});
  Var y = volume_convolution(pad(c.in(0), margins), w, windows, 1);
  if (c.has(2)) y = y + c.in(2);
  return c.result(channels_first(y));
}

Outputs conv_transpose_of(const Call& c) {
  const Var x = c.in(0);
  const Var w = c.in(1);
  if (w.rank() != x.rank()) c.wrong("weights ", w.shape(), " for ", x.shape());
  Windows windows = windows_of(c, x.shape(), kernel_of(c, w));
  std::vector<Index> more;
  set_transposed(c, windows, more, x.shape());
  if (x.rank() == 5) return transpose_volume(c, windows, more);
  // More than a stride beyond the last kernel is zeros.
  const bool one_axis = more.size() == 1;
  std::vector<AxisPad> behind(4);
  KernelSize added{0, 0};
  for (size_t i = 0; i < more.size(); ++i) {
    const Index inside = std::min(more[i], windows.axes[i].stride - 1);
    (one_axis || i == 1 ? added.cols : added.rows) = inside;
    behind[one_axis || i == 1 ? 2 : 1].hi = more[i] - inside;
  }
  // [G·C,K,R,S] is [R,S,K,G·C].
  const Var weights = permute(w.rank() == 3 ? unsqueeze(w, 2) : w, {2, 3, 1, 0});
  Var y = conv2d_transpose(as_image(x), weights, windows.window(groups_of(c)), added);
  if (behind[1].hi > 0 || behind[2].hi > 0) y = pad(y, behind);
  if (c.has(2)) y = y + c.in(2);
  return c.result(from_image(y, x.rank()));
}

}  // namespace

Var as_image(Var x) {
  return channels_last(x.rank() == 3 ? unsqueeze(x, 2) : x);
}

Var from_image(Var y, int rank) {
  const Var first = channels_first(y);
  return rank == 3 ? squeeze(first, {2}) : first;
}

Window Windows::window(Index groups) const {
  if (axes.size() == 1) return {.rows = {}, .cols = axes[0], .groups = groups};
  return {.rows = axes[0], .cols = axes[1], .groups = groups};
}

KernelSize Windows::kernel_size() const {
  if (kernel.size() == 1) return {1, kernel[0]};
  return {kernel[0], kernel[1]};
}

Windows windows_of(const Call& c, const Shape& x, const std::vector<Index>& kernel) {
  const size_t count = kernel.size();
  if (x.rank() != static_cast<int>(count) + 2) c.wrong("a kernel of ", count, " axes for ", x);
  if (count < 1 || count > 3) c.unsupported("windows along ", count, " axes; 1 to 3 are supported");
  const auto list = [&](const char* name, size_t length, Index fallback) {
    const auto given = c.wholes(name);
    if (!given) return std::vector<Index>(length, fallback);
    if (given->size() != length) c.wrong(name, " has ", given->size(), " numbers, not ", length);
    return *given;
  };
  const std::vector<Index> strides = list("strides", count, 1);
  const std::vector<Index> dilations = list("dilations", count, 1);
  const std::vector<Index> pads = list("pads", 2 * count, 0);
  const std::string auto_pad = c.text("auto_pad", "NOTSET");
  Windows windows;
  windows.kernel = kernel;
  for (size_t i = 0; i < count; ++i) {
    constexpr Index kMost = 1 << 28;
    const Index n = x[static_cast<int>(i) + 2];
    if (strides[i] < 1 || dilations[i] < 1 || kernel[i] < 1 || strides[i] > kMost ||
        dilations[i] > kMost || kernel[i] > kMost) {
      c.wrong("a kernel of ", kernel[i], ", a stride of ", strides[i], " and a dilation of ",
              dilations[i]);
    }
    AxisWindow axis{.stride = strides[i],
                    .kernel_dilation = dilations[i],
                    .lo = pads[i],
                    .hi = pads[i + count]};
    if (auto_pad == "VALID") axis.lo = axis.hi = 0;
    if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
      const Index outputs = (n + axis.stride - 1) / axis.stride;
      const Index span = (kernel[i] - 1) * dilations[i] + 1;
      const Index total = std::max<Index>(0, (outputs - 1) * axis.stride + span - n);
      axis.lo = auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
      axis.hi = total - axis.lo;
    }
    windows.axes.push_back(axis);
  }
  return windows;
}

std::vector<Operator> conv_operators() {
  return {{"Conv", conv_of},
          {"ConvInteger", conv_integer},
          {"ConvTranspose", conv_transpose_of},
          {"QLinearConv", quantized_conv}};
}

}  // namespace autonet::exchange
