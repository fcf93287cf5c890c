#include "exchange/operators/volumes.h"

#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/pool.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"

namespace autonet::exchange {
namespace {

/// Rows and columns of the windows along axes 1 and 2 of three.
Windows in_plane(const Windows& windows) {
  return {{windows.kernel[1], windows.kernel[2]}, {windows.axes[1], windows.axes[2]}};
}

/// The window along axis 0 of three, as rows.
Window in_depth(const Windows& windows) {
  return {.rows = windows.axes[0], .cols = {}, .groups = 1};
}

/// Pools x [N,D,H,W,C] by `pool` first within each plane, then along the depth.
template <typename Pool>
Var pooled(Var x, const Windows& windows, Pool pool) {
  const Shape s = x.shape();
  const Windows plane = in_plane(windows);
  Var y = pool(reshape(x, {s[0] * s[1], s[2], s[3], s[4]}), plane.kernel_size(), plane.window());
  const Index rows = y.shape()[1];
  const Index cols = y.shape()[2];
  y = reshape(y, {s[0], s[1], rows * cols, s[4]});
  y = pool(y, KernelSize{windows.kernel[0], 1}, in_depth(windows));
  return reshape(y, {s[0], y.shape()[1], rows, cols, s[4]});
}

/// The sum of each window of x [N,…,C] along two or three axes.
Var window_sum(Var x, const Windows& windows) {
  const auto mean = [](Var v, const KernelSize& kernel, const Window& window) {
    const auto size = static_cast<double>(kernel.rows * kernel.cols);
    return size * avg_pool2d(v, kernel, window, /*count_padding=*/true);
  };
  if (windows.axes.size() == 3) return pooled(x, windows, mean);
  return mean(x, windows.kernel_size(), windows.window());
}

}  // namespace

Var volume_convolution(Var x, Var w, const Windows& windows, Index groups) {
  const AxisWindow& depth = windows.axes[0];
  std::vector<AxisPad> margins(5);
  margins[2] = {.lo = depth.lo, .hi = depth.hi};
  const Var padded = pad(x, margins);
  const Index outputs = internal::output_length(x.shape()[2], windows.kernel[0], depth);
  const Window plane = in_plane(windows).window(groups);
  const Shape& s = x.shape();
  Var y;
  for (Index t = 0; t < windows.kernel[0]; ++t) {
    // The planes that element t of the kernel meets.
    const Var met = slice(padded, 2, t * depth.kernel_dilation, outputs, depth.stride);
    const Var images = reshape(channels_last(met), {s[0] * outputs, s[3], s[4], s[1]});
    const Var weights = permute(squeeze(slice(w, 2, t, 1), {2}), {2, 3, 1, 0});
    const Var part = conv2d(images, weights, plane);
    y = y.valid() ? y + part : part;
  }
  return reshape(y, {s[0], outputs, y.shape()[1], y.shape()[2], y.shape()[3]});
}

Var volume_max(Var x, const Windows& windows) {
  return channels_first(pooled(channels_last(x), windows, max_pool2d));
}

Windows with_partial(const Windows& windows, const Shape& x) {
  Windows wider = windows;
  for (size_t i = 0; i < windows.axes.size(); ++i) {
    const Window one{.rows = windows.axes[i], .cols = {}, .groups = 1};
    const Shape image{1, x[static_cast<int>(i) + 2], 1, 1};
    wider.axes[i] = with_partial_windows(one, image, {windows.kernel[i], 1}).rows;
  }
  return wider;
}

Var window_mean(Var x, const Windows& windows, bool count_padding, bool partial) {
  const Windows wider = partial ? with_partial(windows, x.shape()) : windows;
  if (x.rank() < 5 && !(count_padding && partial)) {
    const Var mean = avg_pool2d(as_image(x), wider.kernel_size(), wider.window(), count_padding);
    return from_image(mean, x.rank());
  }
  const Var last = x.rank() == 5 ? channels_last(x) : as_image(x);
  // The same sums of ones count the positions of each window.
  std::vector<Index> lengths(last.shape().lengths().begin(), last.shape().lengths().end());
  lengths.front() = lengths.back() = 1;
  Var counted = filled(x.tape(), {Shape(lengths), x.dtype()}, 1.0);
  Windows of_counted = wider;
  if (count_padding) {
    const size_t first = lengths.size() - 1 - windows.axes.size();
    for (size_t i = 0; i < windows.axes.size(); ++i) {
      const AxisWindow& axis = windows.axes[i];
      lengths[first + i] += axis.lo + axis.hi;
      of_counted.axes[i].lo = 0;
      of_counted.axes[i].hi = wider.axes[i].hi - axis.hi;
    }
    counted = filled(x.tape(), {Shape(lengths), x.dtype()}, 1.0);
  }
  const Var y = window_sum(last, wider) / window_sum(counted, of_counted);
  return x.rank() == 5 ? channels_first(y) : from_image(y, x.rank());
}

}  // namespace autonet::exchange
