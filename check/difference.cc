#include "check/difference.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <new>
#include <numbers>
#include <optional>
#include <vector>

#include "check/replay.h"

namespace autonet {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kSmallest = 1e-8;  // of the first step: with a kink within this, x is on it
constexpr double kLeast = 1e-45;    // … below which no step is tried
constexpr double kAgreeing = 1e-6;  // of the slope, beside its doubt

/// What one step shows.
struct Pair {
  double step = 0.0;
  double slope = 0.0;  // central
  double bend = 0.0;   // right slope - left slope: halves with the step where phi is smooth
  double size = 0.0;   // of the values
};

/// The slope from 0 to one side, at the largest step within which no more choices change.
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
  try {
    return compute();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    return {kNone, 0};
  }
}

bool on_kink(const Slope& slope) {
  const double bend = std::abs(slope.right - slope.left);
  const double size = std::max(std::abs(slope.left), std::abs(slope.right));
  const bool bends = bend > std::max(1e-3 * size, 10 * slope.rounding);
  return slope.crossed || (bends && slope.bend_change > 0.2 * bend);
}

bool is_jump(const Slope& slope) {
  // The one-sided slopes' difference halves where phi is smooth, stays at a kink, doubles at a
  // jump.
  return on_kink(slope) && !slope.crossed &&
         slope.bend_change >
             1.25 * std::abs(slope.right - slope.left);  // 1 at a kink, 1.5 at a jump
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
    // The middle one: an element that is far larger says nothing about how the others bend.
    const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::ranges::nth_element(
        sizes, middle, [](double p, double q) { return std::isnan(q) ? !std::isnan(p) : p < q; });
    if (std::isfinite(*middle)) scale = std::max(scale, *middle);
  }
  return 4e-3 * scale;
}

namespace {

/// What two steps, one half of the other, tell of the slope.
struct Candidate {
  Slope slope;
  double spread = 0.0;  // what neighbouring steps, and both sides, differ by
  double floor = 0.0;   // what rounding of y's last places makes of it, at the least
};

Candidate candidate_of(const Pair& wide, const Pair& narrow, double before,
                       const Expected& expected) {
  Candidate found;
  Slope& slope = found.slope;
  slope.value = (4 * narrow.slope - wide.slope) / 3;
  slope.step = narrow.step;
  // A kink that no fingerprint tells of shows in the bend, which stays where it should halve.
  slope.bend_change = std::abs(2 * narrow.bend - wide.bend);
  slope.left = narrow.slope - narrow.bend / 2;
  slope.right = narrow.slope + narrow.bend / 2;
  const double change =
      std::abs(std::isnan(before) ? narrow.slope - wide.slope : slope.value - before);
  found.spread = change + slope.bend_change;
  // A long sum's rounding is a few units in the last place of its value.
  const double least = std::max(kEpsilon * narrow.size, expected.placing);
  const double rounding = 4 * std::max(expected.noise.likely, least) / narrow.step;
  slope.rounding = 4 * std::max(expected.noise.most, least) / narrow.step;
  slope.uncertainty = found.spread + rounding;
  slope.most = found.spread + slope.rounding;
  const double size = std::max(std::abs(slope.value), std::abs(expected.slope));
  found.floor = 4 * least / narrow.step;
  // One pair alone may look like anything, where phi turns many times within it.
  const bool converged = found.spread <= 0.05 * std::abs(slope.value) && found.floor <= 0.1 * size;
  const bool at_floor = found.spread <= 10 * found.floor && found.floor <= 1e-3 * size;
  slope.settled = !std::isnan(before) && (converged || at_floor);
  return found;
}

}  // namespace

Slope difference(const Probing& phi, const Probe& center, double step, const Expected& expected) {
  bool crossed = false;
  bool no_value = false;
  const auto measure = [&](double h) -> std::optional<Pair> {
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
    return Pair{h, (right.value - left.value) / (2 * h),
                (right.value - 2 * center.value + left.value) / h,
                std::max({std::abs(center.value), std::abs(right.value), std::abs(left.value)})};
  };
  std::optional<Slope> best;      // of those that settled, else of all
  std::optional<Slope> agreeing;  // … that agree with what is expected
  std::optional<Slope> kink;      // the first of those that bend alike and sharply
  std::optional<Slope> refuting;  // … that do not, beyond all doubt
  std::optional<Pair> wide;
  double before = kNone;  // the extrapolated slope of the step before
  int worse = 0;          // steps in a row that rounding made worse than the one before
  double last = std::numeric_limits<double>::infinity();
  for (double h = step; h > kLeast * step;) {
    const std::optional<Pair> narrow = measure(h);
    if (!narrow || !wide) {
      if (!narrow && crossed && h < kSmallest * step) break;
      wide = narrow;
      before = kNone;
      h /= narrow ? 2 : 8;
      continue;
    }
    const auto [slope, spread, floor] = candidate_of(*wide, *narrow, before, expected);
    const double size = std::max(std::abs(slope.value), std::abs(expected.slope));
    const double rounding = slope.uncertainty - spread;
    const auto better = [&](const std::optional<Slope>& than) {
      if (!than || slope.settled != than->settled) return !than || slope.settled;
      return slope.uncertainty < than->uncertainty;
    };
    if (better(best)) best = slope;
    const double bend = std::abs(slope.right - slope.left);
    const bool bent = slope.bend_change > 0.5 * bend && bend > std::max(1e-3 * size, 100 * floor);
    const auto same = [&](double change) {
      return std::abs(change - slope.bend_change) <= 0.5 * slope.bend_change;
    };
    if (bent && (!kink || !same(kink->bend_change))) kink = slope;
    const double off = std::abs(slope.value - expected.slope);
    const bool agrees = off <= kAgreeing * size + slope.doubt().likely;
    const bool sharp = slope.doubt().likely <= kTrusted * size;
    if (agrees && sharp && better(agreeing)) agreeing = slope;
    const double most = slope.doubt().most;
    const bool refutes = most <= kTrusted * size && off > kAgreeing * size + most;
    if (refutes && (!refuting || slope.most < refuting->most)) refuting = slope;
    // Past the plateau rounding doubles with every step; what truncation makes worse may yet mend.
    worse = slope.uncertainty > 1.4 * last && rounding > 0.1 * slope.uncertainty ? worse + 1 : 0;
    last = slope.uncertainty;
    const bool plateau = !std::isnan(before) && spread <= 4 * rounding;
    // Where the rules are not met with, smaller steps are tried while rounding leaves anything.
    if ((agreeing || agrees) && (plateau || worse >= 3)) break;
    if (floor > size) break;
    before = slope.value;
    wide = narrow;
    h /= 2;
    if (!slope.settled && spread > 0.5 * size) {  // far from it
      wide.reset();
      before = kNone;
      h /= 4;
    }
  }
  // Where phi turns many times within a step, halves of it can fall in with its turns: before a
  // slope speaks against the rules, a step that is no half must say the same.
  const auto confirmed = [&](Slope slope) {
    const std::optional<Pair> other = measure(slope.step / std::numbers::phi);
    const double allowed = 0.2 * std::abs(slope.value) + slope.doubt().likely;
    slope.settled = slope.settled && other && std::abs(other->slope - slope.value) <= allowed;
    return slope;
  };
  // A wide step agrees with much; a sharper one that does not counts for more.
  if (agreeing && refuting && refuting->most < agreeing->uncertainty) return confirmed(*refuting);
  if (agreeing) return *agreeing;
  // Steps that small that x hardly moves tell nothing of a y that has no value beyond them.
  if (best && no_value && !best->settled) best->outside = true;
  if (best && kink) {
    // A bend that stays the same from wide steps to narrow ones is a kink, even where many of them
    // nearly cancel; a smooth one is far smaller by now.
    const double now = best->uncertainty;
    if (kink->bend_change >= 0.3 * now && kink->bend_change <= 4 * now) return *kink;
  }
  if (best) return best->settled ? confirmed(*best) : *best;
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

}  // namespace autonet
