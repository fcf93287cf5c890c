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
    // Smooth functions disagree by O(h^2), of which extrapolation keeps O(h^4).
    const double disagreement = std::abs(narrow - wide);
    const double uncertainty = disagreement / 10 + rounding;
    if (!(uncertainty >= best.uncertainty)) {
      best = {value, uncertainty, h, (center - near_left) / (h / 2),
              (near_right - center) / (h / 2)};
    }
    if (disagreement <= 1e-6 * std::abs(value) + 2 * rounding) break;
  }
  return best;
}

}  // namespace autonet
