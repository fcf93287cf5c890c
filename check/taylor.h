#pragma once

#include <functional>
#include <limits>

namespace autonet::internal {

/// The Taylor remainder of a function of a step h, against the slope that is claimed for it.
struct TaylorRemainder {
  /// The power of h with which |f(h) - f(0) - h slope| falls, at the smallest steps at which it is
  /// not rounding. NaN if it is rounding at every step, as where f is linear.
  double order = std::numeric_limits<double>::quiet_NaN();
  /// The remainder divided by h there: about the error of the slope if the order is 1.
  double error = 0.0;
};

/// Measures it at the steps h, h/4, h/16, … from `first_step` on. f is NaN where it has no value.
TaylorRemainder taylor_remainder(const std::function<double(double h)>& f, double slope,
                                 double first_step);

}  // namespace autonet::internal
