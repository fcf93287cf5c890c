#pragma once

#include <cstdint>
#include <functional>
#include <limits>

#include "autograd/array.h"
#include "check/comparison.h"

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

/// How far off the values of a function are by rounding.
struct Noise {
  double likely = 0.0;
  double most = 0.0;
};

/// A slope by differences, and how far it can be trusted.
struct Slope {
  double value = 0.0;
  double uncertainty = 0.0;  // disagreement of neighbouring steps, plus the likely rounding
  double most = 0.0;         // … plus the most that rounding may do
  double rounding = 0.0;     // that most alone
  double step = 0.0;
  bool settled = false;  // neighbouring steps agree, so far as rounding, not too large, lets them
  bool crossed = false;  // on every step tried, a choice differed from the one at 0
  bool outside = false;  // on every step tried, phi had no finite value: nothing is known
  double bend_change = 0.0;  // of right - left slope, from its half where phi is smooth
  double left = 0.0;         // one-sided slopes, close to 0
  double right = 0.0;

  /// What it may be off by; where it has not settled, by anything.
  Doubt doubt(double more = 0.0) const {
    const double anything = std::numeric_limits<double>::infinity();
    return {3 * uncertainty + more, settled ? 3 * most + more : anything};
  }
};

/// Is there a kink within the step? A choice tells; else the slopes to both sides, whose difference
/// halves with the step where phi is smooth and stays where it bends sharply.
bool on_kink(const Slope& slope);
/// Does `claimed` lie between the slopes to both sides, which may be off by `margin`?
bool is_subgradient(const Slope& slope, double claimed, double margin);

/// Does phi jump at 0, so that the slopes to both sides grow as the step shrinks?
bool is_jump(const Slope& slope);

/// How far phi may be moved at first where x is what moves: a part of x's own scale, and of one
/// element's own size.
double first_step(const Array& x, double own = 0.0);

/// What f64 rounds of a number, relative.
constexpr double kHalfPlace = 0x1p-53;
/// How far y moves by the rounding of x, the place where it is asked for.
double placing_rounding(const Array& x, const Array& gradient);

/// What is known of phi before its slope is measured.
struct Expected {
  double slope = 0.0;    // by the rules: where no step agrees with it, more are tried
  Noise noise = {};      // of phi's values
  double placing = 0.0;  // how far phi moves by the rounding of the place where it is asked for
};

/// phi'(0) by central differences with one Richardson extrapolation, error O(h^4):
///
///     D(h) = (phi(h) - phi(-h)) / 2h,     slope = (4 D(h/2) - D(h)) / 3
///
/// The steps sweep down from `step`. One on which a choice differs from the one at 0 on either side
/// is passed over, as it has a kink within; so is one where phi has no finite value. Of the others
/// the plateau is kept: the step at which neighbouring slopes and both sides agree best, between
/// truncation (large steps) and rounding (small ones). If that slope is not the expected one, the
/// sweep goes on while rounding leaves anything to see, as phi may have features far smaller than
/// `step`: a slope that is sharp and the expected one is preferred, the best that settled returned
/// else. Where no step will do, the one-sided slopes say what kind of kink it is. Source: L. F.
/// Richardson, 1911; W. Press et al., Numerical Recipes, 5.7.
Slope difference(const Probing& phi, const Probe& center, double step,
                 const Expected& expected = {});

}  // namespace autonet
