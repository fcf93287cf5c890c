#pragma once

#include <cstdint>
#include <functional>
#include <limits>

#include "autonet/autograd/array.h"
#include "check/comparison.h"

namespace autonet::internal {

/// A function's value, NaN where it has none, and a fingerprint of the choices made in computing it
/// (see Op::choices).
struct Probe {
  double value = 0.0;
  std::uint64_t choices = 0;
};
using Probing = std::function<Probe(double)>;
/// The result of `compute`, or NaN where it throws because a step left an op's domain.
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
  double most = 0.0;         // the same, plus the most that rounding may do
  double rounding = 0.0;     // that most alone
  double step = 0.0;
  bool settled = false;  // neighbouring steps agree as well as rounding allows, which is little
  bool crossed = false;  // on every step tried, a choice differed from the one at 0
  bool outside = false;  // on every step tried, phi was not finite: the slope is unknown
  // How much right - left changes when the step halves. Half of it where phi is smooth.
  double bend_change = 0.0;
  double left = 0.0;  // one-sided slopes, close to 0
  double right = 0.0;

  /// How far the slope may be off; without limit if it has not settled.
  Doubt doubt(double more = 0.0) const {
    const double unlimited = std::numeric_limits<double>::infinity();
    return {3 * uncertainty + more, settled ? 3 * most + more : unlimited};
  }
};

/// True if there is a kink within the step. A choice shows it; otherwise the difference of the
/// one-sided slopes, which halves with the step where phi is smooth and stays at a kink.
bool on_kink(const Slope& slope);
/// True if `claimed` lies between the one-sided slopes, which may be off by `margin`.
bool is_subgradient(const Slope& slope, double claimed, double margin);
/// True if phi jumps at 0, so that the one-sided slopes grow as the step shrinks.
bool is_jump(const Slope& slope);

/// The first step to try: a part of x's own scale and, if given, of one element's size.
double first_step(const Array& x, double own = 0.0);

/// Largest relative error of rounding a number to f64.
constexpr double kHalfPlace = 0x1p-53;
/// How far y moves when x is rounded.
double placing_rounding(const Array& x, const Array& gradient);

/// What is known of phi before its slope is measured.
struct Expected {
  double slope = 0.0;    // by the rules: more steps are tried if none agrees with it
  Noise noise = {};      // of phi's values
  double placing = 0.0;  // how far phi moves when the place where it is evaluated is rounded
};

/// phi'(0) by central differences with one Richardson extrapolation, error O(h^4):
///
///     D(h) = (phi(h) - phi(-h)) / 2h,     slope = (4 D(h/2) - D(h)) / 3
///
/// The steps go down from `step`. A step is skipped if phi is not finite there, or if a choice
/// differs from the one at 0, as there is a kink within. Of the others, the one is kept at which
/// neighbouring slopes and both sides agree best: between truncation at large steps and rounding at
/// small ones. If its slope is not the expected one, the search goes on until rounding hides
/// everything, as phi may have features far smaller than `step`. Then a slope that is precise and
/// agrees with the expected one is preferred; if there is none, the best that settled is returned.
/// If no step is usable, the one-sided slopes describe the kink. Source: L. F. Richardson, 1911;
/// W. Press et al., Numerical Recipes, 5.7.
Slope difference(const Probing& phi, const Probe& center, double step,
                 const Expected& expected = {});

}  // namespace autonet::internal
