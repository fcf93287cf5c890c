#include "autograd/difference.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace autonet {

Slope difference(const std::function<double(double)>& phi, double center, double step) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  Slope best;
  best.uncertainty = std::numeric_limits<double>::infinity();
  double h = step;
  for (int attempt = 0; attempt < 8; ++attempt, h /= 6.0) {
    const double far_right = phi(h);
    const double far_left = phi(-h);
    const double near_right = phi(h / 2);
    const double near_left = phi(-h / 2);
    const double wide = (far_right - far_left) / (2 * h);
    const double narrow = (near_right - near_left) / h;
    const double value = (4 * narrow - wide) / 3;
    // A long sum's rounding is a few units in the last place of its value.
    const double size = std::max({std::abs(center), std::abs(far_right), std::abs(far_left)});
    const double rounding = 8 * kEpsilon * size / h;
    // Extrapolation leaves far less of it on smooth functions, but all of it where kinks lie
    // between.
    // The second differences tell a kink that both central ones straddle: right slope minus left
    // halves with the step where phi is smooth, and stays where it bends.
    const double bend = (far_right - 2 * center + far_left) / h;
    const double near_bend = 2 * (near_right - 2 * center + near_left) / h;
    const double disagreement = std::abs(narrow - wide) + std::abs(2 * near_bend - bend);
    const double uncertainty = disagreement + rounding;
    if (!(uncertainty >= best.uncertainty)) {
      best = {value, uncertainty, h, (center - near_left) / (h / 2),
              (near_right - center) / (h / 2)};
    }
    if (disagreement <= 1e-6 * std::abs(value) + 4 * rounding) break;
  }
  return best;
}

}  // namespace autonet
