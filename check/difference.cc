#include "check/difference.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <new>
#include <optional>

#include "check/replay.h"

namespace autonet {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kSmallest = 1e-8;  // of the first step: below, rounding leaves no slope

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

bool is_subgradient(const Slope& slope, double claimed, double margin) {
  const auto [low, high] = std::minmax(slope.left, slope.right);
  const double reach = margin + 1e-6 * (high - low) + 3 * slope.rounding;
  return claimed >= low - reach && claimed <= high + reach;
}

double first_step(const Array& x, double own) {
  const double count = static_cast<double>(std::max<Index>(1, x.size()));
  double scale = 0.1;
  for (const double size : {std::abs(own), norm(x) / std::sqrt(count)}) {
    if (std::isfinite(size)) scale = std::max(scale, size);
  }
  return 4e-3 * scale;
}

Slope difference(const Probing& phi, const Probe& center, double step, double noise) {
  bool crossed = false;
  const auto measure = [&](double h) -> std::optional<Pair> {
    const Probe right = phi(h);
    const Probe left = phi(-h);
    if (!std::isfinite(right.value) || !std::isfinite(left.value)) return std::nullopt;
    if (right.choices != center.choices || left.choices != center.choices) {
      crossed = true;
      return std::nullopt;
    }
    return Pair{h, (right.value - left.value) / (2 * h),
                (right.value - 2 * center.value + left.value) / h,
                std::max({std::abs(center.value), std::abs(right.value), std::abs(left.value)})};
  };
  Slope best;
  best.uncertainty = std::numeric_limits<double>::infinity();
  bool measured = false;
  std::optional<Pair> wide;
  double before = kNone;  // the extrapolated slope of the step before
  int worse = 0;          // steps in a row that rounding made worse than the one before
  double last = std::numeric_limits<double>::infinity();
  for (double h = step; h > kSmallest * step && worse < 3;) {
    const std::optional<Pair> narrow = measure(h);
    if (!narrow) {
      wide.reset();
      before = kNone;
      h /= 8;
      continue;
    }
    if (wide) {
      measured = true;
      const double value = (4 * narrow->slope - wide->slope) / 3;
      // A long sum's rounding is a few units in the last place of its value.
      const double rounding = 4 * std::max(noise, kEpsilon * narrow->size) / narrow->step;
      // A kink that no fingerprint tells of shows in the bend, which stays where it should halve.
      const double bend = std::abs(2 * narrow->bend - wide->bend);
      const bool first = std::isnan(before);
      const double change = std::abs(first ? narrow->slope - wide->slope : value - before);
      const double uncertainty = change + bend + rounding;
      if (!(uncertainty >= best.uncertainty)) {
        const double middle = narrow->slope;
        best = {value,
                uncertainty,
                rounding,
                narrow->step,
                false,
                false,
                bend,
                middle - narrow->bend / 2,
                middle + narrow->bend / 2};
      }
      // Past the plateau rounding doubles with every step; what truncation makes worse may yet
      // mend.
      worse = uncertainty > 1.4 * last && rounding > 0.1 * uncertainty ? worse + 1 : 0;
      last = uncertainty;
      if (!first && change + bend <= 4 * rounding) break;
      before = value;
    }
    wide = narrow;
    h /= 2;
  }
  if (measured) return best;
  best.step = step;
  best.left = side_slope(phi, center.value, -step);
  best.right = side_slope(phi, center.value, step);
  best.value = (best.left + best.right) / 2;
  best.uncertainty = std::abs(best.right - best.left);
  best.outside = !crossed || !std::isfinite(best.value);
  best.crossed = !best.outside;
  return best;
}

}  // namespace autonet
