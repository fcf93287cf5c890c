// Pooling along one to three axes, and over whole images.
#include "autonet/ops/pool.h"

#include <cmath>

#include "autonet/ops/arithmetic.h"
#include "autonet/ops/index.h"
#include "autonet/ops/math.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"
#include "exchange/operators/volumes.h"
#include "exchange/operators/windows.h"
#include "exchange/step_function.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

struct Pooling {
  Var x;  // [N,H,W,C]
  KernelSize kernel;
  Window window;
};

/// The windows that the attributes describe, without those that ceil_mode adds.
Windows pool_windows(const Call& c) {
  const auto kernel = c.wholes("kernel_shape");
  if (!kernel) c.wrong("kernel_shape is missing");
  return windows_of(c, c.in(0).shape(), *kernel);
}

bool adds_partial(const Call& c) {
  return c.whole("ceil_mode", 0) != 0;
}

/// The places of maxima as they are counted in the whole [N,C,H,W]; with `by_column` the pixels of
/// an image are counted column by column.
Var whole_places(const Pooling& pooling, bool by_column) {
  const Shape& x = pooling.x.shape();
  Var place = cast(max_pool2d_indices(pooling.x, pooling.kernel, pooling.window), DType::f64);
  const auto rows = static_cast<double>(x[1]);
  const auto cols = static_cast<double>(x[2]);
  if (by_column) {
    const Var row = floor(place / cols);
    place = (place - cols * row) * rows + row;
  }
  Tape& tape = place.tape();
  const Var channel = counting(tape, x[3], DType::f64);  // the last axis
  const Var image = reshape(counting(tape, x[0], DType::f64), {x[0], 1, 1, 1});
  return place + rows * cols * (static_cast<double>(x[3]) * image + channel);
}

Outputs max_pool(const Call& c) {
  Windows windows = pool_windows(c);
  if (adds_partial(c)) windows = with_partial(windows, c.in(0).shape());
  const bool by_column = c.whole("storage_order", 0) != 0;
  const int rank = c.in(0).rank();
  if (rank == 5) {
    if (c.wants(1)) c.unsupported("the places of maxima along three axes");
    return c.result(volume_max(c.in(0), windows));
  }
  const Pooling pooling{as_image(c.in(0)), windows.kernel_size(), windows.window()};
  Outputs outputs =
      c.result(from_image(max_pool2d(pooling.x, pooling.kernel, pooling.window), rank));
  if (c.wants(1)) {
    outputs.push_back({from_image(whole_places(pooling, by_column), rank), Element::int64, {}});
  }
  return outputs;
}

Outputs average_pool(const Call& c) {
  const bool padding = c.whole("count_include_pad", 0) != 0;
  return c.result(window_mean(c.in(0), pool_windows(c), padding, adds_partial(c)));
}

/// The p-th root of the sum of |x|^p over each window.
Outputs lp_pool(const Call& c) {
  const auto p = static_cast<double>(c.whole("p", 2));
  const Windows windows = pool_windows(c);
  if (adds_partial(c)) c.unsupported("windows that ceil_mode adds");
  double size = 1.0;
  for (const Index length : windows.kernel) size *= static_cast<double>(length);
  return c.result(pow(size * window_mean(pow(abs(c.in(0)), p), windows, true, false), 1.0 / p));
}

std::vector<int> pixel_axes(const Call& c) {
  if (c.in(0).rank() < 3) c.wrong("needs [N,C,…], got ", c.in(0).shape());
  std::vector<int> axes;
  for (int axis = 2; axis < c.in(0).rank(); ++axis) axes.push_back(axis);
  return axes;
}

Outputs global_average(const Call& c) {
  return c.result(mean(c.in(0), pixel_axes(c), true));
}
Outputs global_max(const Call& c) {
  return c.result(max(c.in(0), pixel_axes(c), true));
}
Outputs global_lp(const Call& c) {
  const double p = static_cast<double>(c.whole("p", 2));
  return c.result(pow(sum(pow(abs(c.in(0)), p), pixel_axes(c), true), 1.0 / p));
}

/// Puts maxima back where MaxPool found them; the rest is 0.
Outputs max_unpool(const Call& c) {
  const Var x = c.in(0);
  const Windows windows = pool_windows(c);
  std::vector<Index> lengths = {x.shape()[0], x.shape()[1]};
  for (size_t i = 0; i < windows.axes.size(); ++i) {
    const AxisWindow& axis = windows.axes[i];
    lengths.push_back((x.shape()[static_cast<int>(i) + 2] - 1) * axis.stride + windows.kernel[i] -
                      axis.lo - axis.hi);
  }
  // The places count in the image that the kernel gives; a larger one is wanted with zeros behind.
  const Shape inner(lengths);
  const Index count = x.shape().size();
  const Var flat = reshape(x, {count});
  const Var places = reshape(cast(c.in(1), x.dtype()), {count});
  const Var y = reshape(scatter_add(flat, places, 0, inner.size()), inner);
  if (!c.has(2)) return c.result(y);
  const std::vector<Index> wanted = c.known_wholes(2);
  if (wanted.size() != lengths.size()) c.wrong("output_shape has ", wanted.size(), " lengths");
  std::vector<AxisPad> behind(lengths.size());
  for (size_t i = 0; i < lengths.size(); ++i) behind[i].hi = wanted[i] - lengths[i];
  return c.result(pad(y, behind));
}

}  // namespace

std::vector<Operator> pool_operators() {
  return {{"MaxPool", max_pool},         {"AveragePool", average_pool},
          {"LpPool", lp_pool},           {"GlobalAveragePool", global_average},
          {"GlobalMaxPool", global_max}, {"GlobalLpPool", global_lp},
          {"MaxUnpool", max_unpool}};
}

}  // namespace autonet::exchange
