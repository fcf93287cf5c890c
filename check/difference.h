#pragma once

#include <cstdint>
#include <functional>

#include "autograd/array.h"

namespace autonet {

/// A function's value, and a fingerprint of the choices on the way to it (see Op::choices). NaN
/// where the function has no value.
struct Probe {
  double value = 0.0;
  std::uint64_t choices = 0;
};
using Probing = std::function<Probe(double)>;
/// What `compute` gives, NaN where it throws: a step out of an op's domain. Only std::bad_alloc is
/// let through.
Probe probe_or_nan(const std::function<Probe()>& compute);

/// A slope by differences, and how far it can be trusted.
struct Slope {
  double value = 0.0;
  double uncertainty = 0.0;  // disagreement of neighbouring steps, plus rounding
  double rounding = 0.0;     // its share by rounding alone
  double step = 0.0;
  bool crossed = false;      // on every step tried, a choice differed from the one at 0
  bool outside = false;      // on every step tried, phi had no finite value: nothing is known
  double bend_change = 0.0;  // of right - left slope, from its half where phi is smooth
  double left = 0.0;         // one-sided slopes, close to 0
  double right = 0.0;

  /// What it may be off by at the most.
  double doubt() const { return 3 * uncertainty; }
};

/// Is there a kink within the step? A choice tells; else the slopes to both sides, whose difference
/// halves with the step where phi is smooth and stays where it bends sharply.
bool on_kink(const Slope& slope);
/// Does `claimed` lie between the slopes to both sides, which may be off by `margin`?
bool is_subgradient(const Slope& slope, double claimed, double margin);

/// How far phi may be moved at first where x is what moves: a part of x's own scale, and of one
/// element's own size.
double first_step(const Array& x, double own = 0.0);

/// phi'(0) by central differences with one Richardson extrapolation, error O(h^4):
///
///     D(h) = (phi(h) - phi(-h)) / 2h,     slope = (4 D(h/2) - D(h)) / 3
///
/// The steps sweep down from `step`. One on which a choice differs from the one at 0 on either side
/// is passed over, as it has a kink within; so is one where phi has no finite value. Of the others
/// the plateau is kept: the step at which neighbouring slopes and both sides agree best, between
/// truncation (large steps) and rounding (small ones, from `noise` in phi, or its last places).
/// Where no step will do, the one-sided slopes say what kind of kink it is. Source: L. F.
/// Richardson, 1911; W. Press et al., Numerical Recipes, 5.7.
Slope difference(const Probing& phi, const Probe& center, double step, double noise = 0.0);

}  // namespace autonet
