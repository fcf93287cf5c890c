// Window functions of signal processing, and small operators made of others.
#include <cmath>
#include <numbers>

#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// a - b cos(2 pi i / n) + c cos(4 pi i / n)
Outputs window_of(const Call& c, double a, double b, double second) {
  const double size = c.known(0).item();
  if (!(size >= 0 && size <= 67108864)) c.unsupported("a window of ", size, " numbers");
  const auto type =
      static_cast<Element>(c.whole("output_datatype", static_cast<Index>(Element::float32)));
  if (!is_real(type)) c.unsupported("a window of type ", name_of(type));
  const double n = c.whole("periodic", 1) != 0 ? size : size - 1.0;
  const Array numbers = array_from(static_cast<Index>(size), [&](Index i) {
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(i) / n;
    return a - b * std::cos(angle) + second * std::cos(2.0 * angle);
  });
  return {c.constant(numbers, type)};
}

Outputs hann_window(const Call& c) {
  return window_of(c, 0.5, 0.5, 0.0);
}
Outputs hamming_window(const Call& c) {
  return window_of(c, 25.0 / 46.0, 21.0 / 46.0, 0.0);
}
Outputs blackman_window(const Call& c) {
  return window_of(c, 0.42, 0.5, 0.08);
}

/// Products of the numbers up to each place along an axis, by doubling distances.
Outputs cumulative_product(const Call& c) {
  Var x = c.in(0);
  const int axis = axis_of(c, c.known_whole(1), x.rank());
  const bool reverse = c.whole("reverse", 0) != 0;
  const Index n = x.shape()[axis];
  if (reverse) x = flip(x, {axis});
  /// x moved by k places along the axis, with ones where nothing is left.
  const auto moved = [&](Var v, Index k) {
    const Var ones = filled(c.tape(), {v.shape().with(axis, k), v.dtype()}, 1.0);
    return concat({ones, slice(v, axis, 0, n - k)}, axis);
  };
  for (Index k = 1; k < n; k *= 2) x = x * moved(x, k);
  if (c.whole("exclusive", 0) != 0 && n > 0) x = moved(x, 1);
  return c.result(reverse ? flip(x, {axis}) : x);
}

/// Cuts or pads axes to these lengths, around their middle.
Outputs center_crop_pad(const Call& c) {
  Var x = c.in(0);
  const std::vector<Index> lengths = c.known_wholes(1);
  std::vector<Index> axes;
  for (int axis = 0; axis < x.rank(); ++axis) axes.push_back(axis);
  axes = c.wholes("axes").value_or(axes);
  if (axes.size() != lengths.size()) c.wrong(lengths.size(), " lengths for ", axes.size(), " axes");
  std::vector<AxisPad> margins(static_cast<size_t>(x.rank()));
  for (size_t i = 0; i < axes.size(); ++i) {
    const int axis = axis_of(c, axes[i], x.rank());
    const Index more = lengths[i] - x.shape()[axis];
    // The odd element is added behind, and cut off behind.
    AxisPad& margin = margins[static_cast<size_t>(axis)];
    margin.lo = more >= 0 ? more / 2 : -(-more / 2);
    margin.hi = more - margin.lo;
  }
  return c.result(pad(x, margins));
}

/// swish(a) b
Outputs swiglu_of(const Call& c) {
  const Var a = c.in(0);
  return c.result(a * sigmoid(c.number("alpha", 1.0) * a) * c.in(1));
}

}  // namespace

std::vector<Operator> generate_operators() {
  return {{"HannWindow", hann_window},         {"HammingWindow", hamming_window},
          {"BlackmanWindow", blackman_window}, {"CumProd", cumulative_product},
          {"CenterCropPad", center_crop_pad},  {"SwiGLU", swiglu_of}};
}

}  // namespace autonet::exchange
