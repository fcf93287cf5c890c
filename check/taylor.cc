#include "check/taylor.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "check/difference.h"
#include "check/limits.h"

namespace autonet::internal {

TaylorRemainder taylor_remainder(const std::function<double(double h)>& f, double slope,
                                 double first_step) {
  struct Step {
    double h = 0.0;
    double remainder = 0.0;
  };
  std::vector<Step> steps;
  const double center = f(0.0);
  double h = first_step;
  for (int k = 0; k < kSteps; ++k, h /= kStepRatio) {
    const double change = f(h) - center;
    // A step too small to move f says nothing.
    if (std::isfinite(change) && change != 0.0) steps.push_back({h, std::abs(change - h * slope)});
  }
  // Rounding does not get smaller with the step. So the remainder of step `low` is clear of it if
  // the remainders two and more steps below are all far smaller.
  TaylorRemainder found;
  double below = 0.0;
  for (size_t low = steps.size(); low-- > 2;) {
    if (low + 2 < steps.size()) below = std::max(below, steps[low + 2].remainder);
    const bool enough = low + 2 + kLeastSteps <= steps.size();
    if (!enough || steps[low].remainder <= kClearRemainder * below) continue;
    const size_t high = low - 2;
    found.order = std::log(steps[high].remainder / steps[low].remainder) /
                  std::log(steps[high].h / steps[low].h);
    found.error = steps[low].remainder / steps[low].h;
    break;
  }
  return found;
}

}  // namespace autonet::internal
