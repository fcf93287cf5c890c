// Sums, means and extremes over axes.
#include "autonet/ops/reduce.h"

#include <limits>

#include "autonet/ops/arithmetic.h"
#include "autonet/ops/index.h"
#include "autonet/ops/math.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;
using Axes = List<int>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The product over one axis, which keeps length 1: of halves, of quarters, and so on.
Var product_over(Var x, int axis) {
  if (x.shape()[axis] == 0) return filled(x.tape(), {x.shape().with(axis, 1), x.dtype()}, 1.0);
  while (x.shape()[axis] > 1) {
    const Index n = x.shape()[axis];
    const Index half = n / 2;
    Var y = slice(x, axis, 0, half) * slice(x, axis, half, half);
    if (n % 2 != 0) y = concat({y, slice(x, axis, n - 1, 1)}, axis);
    x = y;
  }
  return x;
}

Var product(Var x, Axes axes, bool keep) {
  for (const int axis : axes) x = product_over(x, axis);
  return keep ? x : squeeze(x, axes);
}
Var total(Var x, Axes axes, bool keep) {
  return sum(x, axes, keep);
}
Var average(Var x, Axes axes, bool keep) {
  return mean(x, axes, keep);
}
Var largest(Var x, Axes axes, bool keep) {
  return max(x, axes, keep);
}
Var smallest(Var x, Axes axes, bool keep) {
  return -max(-x, axes, keep);
}
Var sum_of_magnitudes(Var x, Axes axes, bool keep) {
  return sum(abs(x), axes, keep);
}
Var sum_of_squares(Var x, Axes axes, bool keep) {
  return sum(x * x, axes, keep);
}
Var length_of(Var x, Axes axes, bool keep) {
  return norm(x, axes, keep);
}
Var log_of_sum(Var x, Axes axes, bool keep) {
  return log(sum(x, axes, keep));
}
Var log_of_sum_of_exp(Var x, Axes axes, bool keep) {
  const Var top = max(x, axes, true);
  const Var y = top + log(sum(exp(x - top), axes, true));
  return keep ? y : squeeze(y, axes);
}

/// `since`: the version from which on the axes are input 1.
template <Var (*F)(Var, Axes, bool), int kSince = 18>
Outputs reduced(const Call& c) {
  const Var x = c.in(0);
  const bool keep = c.whole("keepdims", 1) != 0;
  const bool none = c.whole("noop_with_empty_axes", 0) != 0;
  auto given =
      c.opset() >= kSince && c.has(1) ? std::optional(c.known_wholes(1)) : c.wholes("axes");
  if (!given || given->empty()) {
    if (none) {
      // Each number is reduced on its own.
      std::vector<Index> lengths(x.shape().lengths().begin(), x.shape().lengths().end());
      lengths.push_back(1);
      const std::vector<int> last = {x.rank()};
      return c.result(F(reshape(x, shape_of(c, lengths)), last, false));
    }
    given.emplace();
    for (int axis = 0; axis < x.rank(); ++axis) given->push_back(axis);
  }
  const std::vector<int> axes = axes_of(c, *given, x.rank());
  if (axes.empty()) {
    return c.result(reshape(F(reshape(x, {1}), std::vector<int>{0}, true), x.shape()));
  }
  if (x.shape().size() == 0 && (F == largest || F == smallest || F == log_of_sum_of_exp)) {
    if (!is_real(c.type(0))) c.unsupported("a maximum or minimum of no whole numbers");
    const double none = F == smallest ? kInfinity : -kInfinity;
    Shape shape = x.shape();
    for (const int axis : axes) shape = shape.with(axis, 1);
    const Var y = filled(c.tape(), {shape, x.dtype()}, none);
    return c.result(keep ? y : squeeze(y, axes));
  }
  return c.result(F(x, axes, keep));
}

Outputs place_of(const Call& c, Var x) {
  const int axis = axis_of(c, c.whole("axis", 0), x.rank());
  const bool keep = c.whole("keepdims", 1) != 0;
  if (c.whole("select_last_index", 0) == 0) {
    return c.result(cast(argmax(x, axis, keep), DType::f64), Element::int64);
  }
  const auto last = static_cast<double>(x.shape()[axis] - 1);
  return c.result(cast(last - argmax(flip(x, {axis}), axis, keep), DType::f64), Element::int64);
}

Outputs arg_max(const Call& c) {
  return place_of(c, c.in(0));
}
Outputs arg_min(const Call& c) {
  return place_of(c, -c.in(0));
}

/// The k largest or smallest numbers along an axis, with their places.
Outputs top_k(const Call& c) {
  const Index k = c.opset() >= 10 ? c.known_whole(1) : c.whole("k", 0);
  const int axis = axis_of(c, c.whole("axis", -1), c.in(0).rank());
  const bool down = c.whole("largest", 1) != 0;
  (void)c.whole("sorted", 1);  // the order is free if it is 0
  const TopK found = topk(down ? c.in(0) : -c.in(0), k, axis);
  return {{down ? found.values : -found.values, c.type(0), {}},
          {cast(found.indices, DType::f64), Element::int64, {}}};
}

Outputs cumulative(const Call& c) {
  const int axis = axis_of(c, c.known_whole(1), c.in(0).rank());
  const bool reverse = c.whole("reverse", 0) != 0;
  Var y = cumulative_sum(c.in(0), axis, reverse);
  if (c.whole("exclusive", 0) != 0) {
    std::vector<AxisPad> margins(static_cast<size_t>(y.rank()));
    margins[static_cast<size_t>(axis)] = {.lo = reverse ? -1 : 1, .hi = reverse ? 1 : -1};
    y = pad(y, margins);
  }
  return c.result(y);
}

}  // namespace

std::vector<Operator> reduce_operators() {
  return {{"ReduceSum", reduced<total, 13>},
          {"ReduceMean", reduced<average>},
          {"ReduceMax", reduced<largest>},
          {"ReduceMin", reduced<smallest>},
          {"ReduceProd", reduced<product>},
          {"ReduceL1", reduced<sum_of_magnitudes>},
          {"ReduceL2", reduced<length_of>},
          {"ReduceSumSquare", reduced<sum_of_squares>},
          {"ReduceLogSum", reduced<log_of_sum>},
          {"ReduceLogSumExp", reduced<log_of_sum_of_exp>},
          {"ArgMax", arg_max},
          {"ArgMin", arg_min},
          {"TopK", top_k},
          {"CumSum", cumulative}};
}

}  // namespace autonet::exchange
