#include "check/difference.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "check/limits.h"

namespace autonet::internal {
namespace {

constexpr double kLastPlace = std::numeric_limits<double>::epsilon();

/// What a number's differences are at a step.
struct Measured {
  double h = 0.0;
  double slope = 0.0;  // central
  double bend = 0.0;   // right - left, which shrinks with the step where f is smooth
};

/// For each step, how far off D may be by rounding. The rounding of f, divided by h, is seen in how
/// D changes from step to step: at smaller steps, where every smooth f is straight, nothing else
/// changes it. `size` is that of f's values.
std::vector<double> rounding_of(std::span<const Measured> steps, double size) {
  std::vector<double> rounding(steps.size());
  double noise = kLastPlace * size;
  for (size_t k = steps.size(); k-- > 0;) {
    if (k + 1 < steps.size()) {
      noise = std::max(noise, std::abs(steps[k + 1].slope - steps[k].slope) * steps[k + 1].h);
    }
    rounding[k] = kNoiseFactor * (noise / steps[k].h + kLastPlace * std::abs(steps[k].slope));
  }
  return rounding;
}

/// True if a bend shows at a step, or would if there was one.
bool bend_shows(const Measured& step, double rounding) {
  const double bend = std::abs(step.bend);
  return kNoiseFactor * rounding <= bend ||
         rounding <= kLeastBend * std::max(bend, std::abs(step.slope));
}

/// The number of the first step below those that reach across a kink. There the one-sided slopes
/// differ as much as at the step before; where f is smooth the difference shrinks with the step,
/// and at a jump it grows.
size_t below_kinks(std::span<const Measured> steps, std::span<const double> rounding) {
  for (size_t k = steps.size(); k-- > 1;) {
    if (!bend_shows(steps[k], rounding[k])) continue;
    const double before = std::abs(steps[k - 1].bend);
    const double bend = std::abs(steps[k].bend);
    if (bend > kLeastBend * std::abs(steps[k].slope) && bend > before / 2 && bend < 2 * before) {
      return k + 1;
    }
  }
  return 0;
}

/// The slope from the steps at which it was measured.
Slope slope_of(std::vector<Measured> steps, double size) {
  std::vector<double> rounding = rounding_of(steps, size);
  size_t first = below_kinks(steps, rounding);
  const auto still = [](const Measured& step) { return step.slope == 0.0 && step.bend == 0.0; };
  if (first == 0 && !std::ranges::all_of(steps, still)) {
    // Steps so small that f does not move show nothing if it moves at larger ones.
    std::erase_if(steps, still);
    rounding = rounding_of(steps, size);
  }
  Slope best;
  if (std::ssize(steps) < kLeastSteps) return best;
  int clear = 0;  // steps below all kinks
  for (size_t k = first; k < steps.size(); ++k) clear += bend_shows(steps[k], rounding[k]) ? 1 : 0;
  best.kind = first > 0 && clear < kLeastSteps ? Slope::Kind::kink : Slope::Kind::smooth;
  if (best.kind == Slope::Kind::kink) first = 0;
  best.doubt = std::numeric_limits<double>::infinity();
  const auto extrapolated = [&](size_t k) {
    const double ratio = std::pow(steps[k].h / steps[k + 1].h, 2);
    return (ratio * steps[k + 1].slope - steps[k].slope) / (ratio - 1);
  };
  for (size_t k = first; k + 3 < steps.size(); ++k) {
    // How much the slope changes over the next two steps, as one change can be small by chance.
    const double slope = extrapolated(k);
    const double next = extrapolated(k + 1);
    const double doubt =
        rounding[k + 1] + std::abs(slope - next) + std::abs(next - extrapolated(k + 2));
    if (!(doubt < best.doubt)) continue;
    best.value = slope;
    best.doubt = doubt;
    best.left = steps[k + 2].slope - steps[k + 2].bend / 2;
    best.right = steps[k + 2].slope + steps[k + 2].bend / 2;
  }
  return best;
}

}  // namespace

Differences::Differences(const Function& f, double first_step) {
  const std::optional<Array> center = f(0.0);
  if (!center) return;
  center_ = center->to_vector();
  double h = first_step;
  for (int k = 0; k < kSteps; ++k, h /= kStepRatio) {
    const std::optional<Array> right = f(h);
    const std::optional<Array> left = right ? f(-h) : std::nullopt;
    if (!left) continue;
    Step step{.h = h, .slopes = right->to_vector(), .bends = left->to_vector()};
    for (size_t n = 0; n < center_.size(); ++n) {
      const double up = step.slopes[n];
      const double down = step.bends[n];
      step.slopes[n] = (up - down) / (2 * h);
      step.bends[n] = ((up - center_[n]) - (center_[n] - down)) / h;
    }
    steps_.push_back(std::move(step));
  }
}

Slope Differences::of_sum(const Terms& terms) const {
  double squares = 0.0;
  for (const auto& [k, factor] : terms) squares += std::pow(factor * center_[k], 2);
  std::vector<Measured> measured;
  for (const Step& step : steps_) {
    Measured sum{step.h};
    for (const auto& [k, factor] : terms) {
      sum.slope += factor * step.slopes[k];
      sum.bend += factor * step.bends[k];
    }
    if (std::isfinite(sum.slope)) measured.push_back(sum);
  }
  return slope_of(measured, std::sqrt(squares));
}

Slope Differences::of(size_t k) const {
  return of_sum({{k, 1.0}});
}

Slope Differences::along(std::span<const double> v) const {
  Terms terms;
  for (size_t k = 0; k < v.size(); ++k) {
    if (v[k] != 0.0) terms.emplace_back(k, v[k]);
  }
  return of_sum(terms);
}

double first_step(const Array& x) {
  std::vector<double> sizes;
  for (const double number : x.to_vector()) {
    if (number != 0.0 && std::isfinite(number)) sizes.push_back(std::abs(number));
  }
  if (sizes.empty()) return kFirstStep;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::ranges::nth_element(sizes, middle);
  return kFirstStep * *middle;
}

bool is_subgradient(const Slope& slope, double claimed, double margin) {
  const auto [low, high] = std::minmax(slope.left, slope.right);
  return claimed >= low - margin && claimed <= high + margin;
}

Agreement compare(double claimed, double known, double size, double allowed, double doubt) {
  // Written so that a NaN among the numbers disagrees.
  if (!(std::abs(claimed - known) <= allowed * size + doubt)) return Agreement::disagrees;
  const bool trusted = size > 0.0 && doubt <= kTrusted * size;
  return trusted ? Agreement::agrees : Agreement::hidden;
}

double worse(double p, double q) {
  return std::isnan(p) || p >= q ? p : q;
}

}  // namespace autonet::internal
