#include "check/difference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <vector>

#include "check/attempt.h"

namespace autonet::internal {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// Parts of the first step: x is on a kink if there is one within the first; no step below the
// second is tried.
constexpr double kSmallest = 1e-8;
constexpr double kLeast = 1e-45;
// A slope agrees if it is off by this part of its size, beside its doubt.
constexpr double kAgreeing = 1e-6;

/// The measurements of one step.
struct Pair {
  double step = 0.0;
  double slope = 0.0;  // central
  double bend = 0.0;   // right - left slope, which halves with the step where phi is smooth
  double size = 0.0;   // of phi's values
};

/// The slope to one side of 0, with the largest step within which no choice changes.
double side_slope(const Probing& phi, double center, double step) {
  double slope = 0.0;
  for (double h = step; std::abs(h) > kSmallest * std::abs(step); h /= 8) {
    const Probe far = phi(h);
    const Probe near = phi(h / 2);
    slope = 2 * (near.value - center) / (h / 2) - (far.value - center) / h;
    if (!std::isfinite(slope)) continue;
    if (far.choices == near.choices && far.choices == phi(h / 64).choices) break;
  }
  return slope;
}

}  // namespace

Probe probe_or_nan(const std::function<Probe()>& compute) {
  Probe probe;
  return error_of([&] { probe = compute(); }) ? Probe{kNone, 0} : probe;
}

bool on_kink(const Slope& slope) {
  const double bend = std::abs(slope.right - slope.left);
  const double size = std::max(std::abs(slope.left), std::abs(slope.right));
  const bool bends = bend > std::max(1e-3 * size, 10 * slope.rounding);
  return slope.crossed || (bends && slope.bend_change > 0.2 * bend);
}

bool is_jump(const Slope& slope) {
  // bend_change is 0.5 of the bend where phi is smooth, 1 at a kink, 1.5 at a jump.
  const double bend = std::abs(slope.right - slope.left);
  return on_kink(slope) && !slope.crossed && slope.bend_change > 1.25 * bend;
}

bool is_subgradient(const Slope& slope, double claimed, double margin) {
  const auto [low, high] = std::minmax(slope.left, slope.right);
  const double reach = margin + 1e-6 * (high - low) + 3 * slope.rounding;
  return claimed >= low - reach && claimed <= high + reach;
}

double placing_rounding(const Array& x, const Array& gradient) {
  const std::vector<double> places = x.to_vector();
  const std::vector<double> slopes = gradient.to_vector();
  double squares = 0.0;
  for (size_t k = 0; k < places.size(); ++k) {
    squares += places[k] * places[k] * slopes[k] * slopes[k];
  }
  return kHalfPlace * std::sqrt(squares);
}

double first_step(const Array& x, double own) {
  std::vector<double> sizes = x.to_vector();
  for (double& size : sizes) size = std::abs(size);
  double scale = std::isfinite(own) ? std::max(0.1, std::abs(own)) : 0.1;
  if (!sizes.empty()) {
    // The median, as one far larger element says nothing about how y depends on the others.
    const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::ranges::nth_element(
        sizes, middle, [](double p, double q) { return std::isnan(q) ? !std::isnan(p) : p < q; });
    if (std::isfinite(*middle)) scale = std::max(scale, *middle);
  }
  return 4e-3 * scale;
}

namespace {

/// The slope that two steps give, one half of the other.
struct Candidate {
  Slope slope;
  double spread = 0.0;  // difference between neighbouring steps and between both sides
  double floor = 0.0;   // the least effect of rounding y's last places
};

Candidate candidate_of(const Pair& wide, const Pair& narrow, double before,
                       const Expected& expected) {
  Candidate found;
  Slope& slope = found.slope;
  slope.value = (4 * narrow.slope - wide.slope) / 3;
  slope.step = narrow.step;
  // A kink that no choice shows is seen in the bend, which does not halve with the step.
  slope.bend_change = std::abs(2 * narrow.bend - wide.bend);
  slope.left = narrow.slope - narrow.bend / 2;
  slope.right = narrow.slope + narrow.bend / 2;
  const double change =
      std::abs(std::isnan(before) ? narrow.slope - wide.slope : slope.value - before);
  found.spread = change + slope.bend_change;
  // The rounding of a long sum is a few units in the last place of its value.
  const double least = std::max(kEpsilon * narrow.size, expected.placing);
  const double rounding = 4 * std::max(expected.noise.likely, least) / narrow.step;
  slope.rounding = 4 * std::max(expected.noise.most, least) / narrow.step;
  slope.uncertainty = found.spread + rounding;
  slope.most = found.spread + slope.rounding;
  const double size = std::max(std::abs(slope.value), std::abs(expected.slope));
  found.floor = 4 * least / narrow.step;
  // One pair alone proves nothing, as phi may oscillate within it.
  const bool converged = found.spread <= 0.05 * std::abs(slope.value) && found.floor <= 0.1 * size;
  const bool at_floor = found.spread <= 10 * found.floor && found.floor <= 1e-3 * size;
  slope.settled = !std::isnan(before) && (converged || at_floor);
  return found;
}

/// True if p is preferred: it has settled and the other has not, or it is less uncertain.
bool better(const Slope& p, const std::optional<Slope>& than) {
  if (!than) return true;
  if (p.settled != than->settled) return p.settled;
  return p.uncertainty < than->uncertainty;
}

/// Tries the steps from the first one down and keeps the best slopes.
struct Sweep {
  const Probing& phi;
  const Probe& center;
  double step;
  const Expected& expected;
  bool crossed = false;                // on some step a choice differed
  bool no_value = false;               // on some step phi was not finite
  std::optional<Slope> best = {};      // of those that settled, else of all
  std::optional<Slope> agreeing = {};  // the best of those that are precise and the expected one
  std::optional<Slope> refuting = {};  // the most precise of those that cannot be the expected one
  std::optional<Slope> kink = {};      // the first of those with a bend that does not halve
  bool agrees = false;                 // true if the last one agrees, precise or not
  int worse = 0;  // steps in a row that rounding made worse than the one before
  double last = std::numeric_limits<double>::infinity();  // the uncertainty of the step before

  Slope run() {
    std::optional<Pair> wide;
    double before = kNone;  // the extrapolated slope of the step before
    for (double h = step; h > kLeast * step;) {
      const std::optional<Pair> narrow = measure(h);
      if (!narrow || !wide) {
        if (!narrow && crossed && h < kSmallest * step) break;
        wide = narrow;
        before = kNone;
        h /= narrow ? 2 : 8;
        continue;
      }
      const Candidate found = candidate_of(*wide, *narrow, before, expected);
      const double size = std::max(std::abs(found.slope.value), std::abs(expected.slope));
      keep(found, size);
      if (enough(found, !std::isnan(before)) || found.floor > size) break;
      const bool far_off = !found.slope.settled && found.spread > 0.5 * size;
      wide = far_off ? std::nullopt : narrow;
      before = far_off ? kNone : found.slope.value;
      h /= far_off ? 8 : 2;
    }
    return answer();
  }

  std::optional<Pair> measure(double h) {
    const Probe right = phi(h);
    const Probe left = phi(-h);
    if (!std::isfinite(right.value) || !std::isfinite(left.value)) {
      no_value = true;
      return std::nullopt;
    }
    if (right.choices != center.choices || left.choices != center.choices) {
      crossed = true;
      return std::nullopt;
    }
    const double middle = center.value;
    return Pair{h, (right.value - left.value) / (2 * h),
                (right.value - 2 * middle + left.value) / h,
                std::max({std::abs(middle), std::abs(right.value), std::abs(left.value)})};
  }

  void keep(const Candidate& found, double size) {
    const Slope& slope = found.slope;
    if (better(slope, best)) best = slope;
    const double off = std::abs(slope.value - expected.slope);
    const auto [likely, most] = slope.doubt();
    agrees = off <= kAgreeing * size + likely;
    if (agrees && likely <= kTrusted * size && better(slope, agreeing)) agreeing = slope;
    const bool refutes = most <= kTrusted * size && off > kAgreeing * size + most;
    if (refutes && (!refuting || slope.most < refuting->most)) refuting = slope;
    const double bend = std::abs(slope.right - slope.left);
    const double change = slope.bend_change;
    const bool bent = change > 0.5 * bend && bend > std::max(1e-3 * size, 100 * found.floor);
    const bool alike = kink && std::abs(kink->bend_change - change) <= 0.5 * change;
    if (bent && !alike) kink = slope;
  }

  /// True if the plateau is passed. If no slope agrees with the rules, smaller steps are tried
  /// until rounding hides everything.
  bool enough(const Candidate& found, bool not_first) {
    const double uncertainty = found.slope.uncertainty;
    const double rounding = uncertainty - found.spread;
    // Past the plateau rounding doubles with every step. Truncation can still become smaller.
    worse = uncertainty > 1.4 * last && rounding > 0.1 * uncertainty ? worse + 1 : 0;
    last = uncertainty;
    const bool plateau = not_first && found.spread <= 4 * rounding;
    return (agreeing || agrees) && (plateau || worse >= 3);
  }

  /// Halved steps can fit the period of an oscillating phi by chance. So before a slope counts
  /// against the rules, a step that is not a half of the others must give the same.
  Slope confirmed(Slope slope) {
    const std::optional<Pair> other = measure(slope.step / std::numbers::phi);
    const double allowed = 0.2 * std::abs(slope.value) + slope.doubt().likely;
    slope.settled = slope.settled && other && std::abs(other->slope - slope.value) <= allowed;
    return slope;
  }

  Slope answer() {
    // A wide step agrees with many slopes. A more precise one that disagrees counts more.
    if (agreeing && refuting && refuting->most < agreeing->uncertainty) {
      return confirmed(*refuting);
    }
    if (agreeing) return *agreeing;
    if (!best) return of_sides();
    if (kink) {
      // A bend that is the same for wide and narrow steps is a kink, even where many kinks nearly
      // cancel; that of a smooth phi would be far smaller now.
      const double now = best->uncertainty;
      if (kink->bend_change >= 0.3 * now && kink->bend_change <= 4 * now) return *kink;
    }
    if (best->settled) return confirmed(*best);
    // Steps so small that x hardly moves show nothing if phi has no value at larger ones.
    best->outside = no_value;
    return *best;
  }

  /// The one-sided slopes, where no step was usable.
  Slope of_sides() {
    Slope sides;
    sides.step = step;
    sides.left = side_slope(phi, center.value, -step);
    sides.right = side_slope(phi, center.value, step);
    sides.value = (sides.left + sides.right) / 2;
    sides.uncertainty = sides.most = std::abs(sides.right - sides.left);
    sides.settled = true;
    sides.outside = !crossed || !std::isfinite(sides.value);
    sides.crossed = !sides.outside;
    return sides;
  }
};

}  // namespace

Slope difference(const Probing& phi, const Probe& center, double step, const Expected& expected) {
  return Sweep{phi, center, step, expected}.run();
}

}  // namespace autonet::internal
