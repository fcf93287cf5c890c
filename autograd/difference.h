#pragma once

#include <functional>

namespace autonet {

/// A slope by differences, and how far it can be trusted.
struct Slope {
  double value = 0.0;
  double uncertainty = 0.0;  // disagreement of two steps and of both sides, plus rounding
  double step = 0.0;
  double left = 0.0;  // one-sided slopes at that step
  double right = 0.0;
};

/// phi'(0) by central differences with one Richardson extrapolation, error O(h^4).
///
/// Starts at `step` and shrinks it while the differences at h and h/2 disagree by more than
/// rounding explains, as they do where a kink lies within reach; keeps the step with the least
/// uncertainty. `center` is phi(0). Source: L. F. Richardson, 1911; W. Press et al., Numerical
/// Recipes, 5.7.
Slope difference(const std::function<double(double)>& phi, double center, double step);

}  // namespace autonet
