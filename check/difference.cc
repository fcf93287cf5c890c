#include "check/difference.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <set>
#include <vector>

#include "check/replay.h"

namespace autonet {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kLeap = 1e5;       // more than a smooth phi leaves of a cubic ten times as wide
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

/// phi at several places between 0 and h, uneven ones, so that steps of rounding do not fall in
/// with theirs.
struct Samples {
  static constexpr int kCount = 7;
  Eigen::Matrix<double, kCount, 1> places;  // as parts of h
  Eigen::Matrix<double, kCount, 1> values;

  /// More than two different values: fewer hide in the rounding.
  bool move() const { return std::set<double>(values.begin(), values.end()).size() > 2; }
};

/// Nothing if phi has no value somewhere there, or, where that is asked for, is no smooth piece.
std::optional<Samples> samples_of(const Probing& phi, double h, bool smooth) {
  Samples samples;
  std::uint64_t choices = 0;
  for (int k = 0; k < Samples::kCount; ++k) {
    const double place = std::fmod((k + 1) * std::numbers::phi, 1.0);
    const Probe probe = phi(h * place);
    if (k == 0) choices = probe.choices;
    if (!std::isfinite(probe.value) || (smooth && probe.choices != choices)) return std::nullopt;
    samples.places[k] = place;
    samples.values[k] = probe.value;
  }
  return samples;
}

/// The standard deviation of what a cubic fitted to the samples leaves.
double left_by_cubic(const Samples& samples) {
  constexpr int kTerms = 4;
  Eigen::Matrix<double, Samples::kCount, kTerms> powers;
  for (int term = 0; term < kTerms; ++term) powers.col(term) = samples.places.array().pow(term);
  // From the mean, so that the fit itself rounds little beside the noise.
  const Eigen::Matrix<double, Samples::kCount, 1> values =
      samples.values.array() - samples.values.mean();
  const Eigen::Matrix<double, kTerms, 1> fit = powers.householderQr().solve(values);
  return (values - powers * fit).norm() / std::sqrt(Samples::kCount - kTerms);
}

}  // namespace

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

double noise_of(const Probing& phi, double step) {
  // Rounding comes in stairs of different widths, which show from their own scale on. So several
  // scales are looked at; larger ones where phi stands still, or where what is left has just leapt.
  std::vector<double> levels;
  const auto leapt = [&] { return levels.back() > kLeap * levels.front(); };
  double noise = 0.0;
  for (double h = 1e-7 * step; h < 1e4 * step; h *= 10) {
    const bool settled = !levels.empty() && (noise >= levels.back() || !leapt());
    if ((h > 0.2 * step && settled) || (h > 20 * step && !levels.empty())) break;
    std::optional<Samples> samples = samples_of(phi, h, true);
    if (!samples) samples = samples_of(phi, -h, true);  // a kink to one side leaves the other
    // Kinks pass for noise where nothing else does: rather too much than too little.
    if (!samples && levels.empty()) samples = samples_of(phi, h, false);
    if (!samples && levels.empty()) samples = samples_of(phi, -h, false);
    if (!samples || !samples->move()) continue;
    levels.push_back(left_by_cubic(*samples));
    // Rounding stays as large over several scales. What does not is phi, too curved for a cubic.
    const size_t k = levels.size();
    if (k == 1) noise = levels[0];
    if (k < 3) continue;
    const auto [low, high] = std::minmax({levels[k - 3], levels[k - 2], levels[k - 1]});
    if (high <= 10 * low) noise = std::max(noise, high);
  }
  return noise;
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
