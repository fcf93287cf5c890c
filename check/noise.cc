#include "check/noise.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <set>
#include <vector>

namespace autonet::internal {
namespace {

// A cubic fitted over ten times the width leaves less than this times as much of a smooth phi.
constexpr double kLeap = 1e5;

/// phi at several places between 0 and h, unevenly spaced, so that they do not fit the pattern of
/// the rounding.
struct Samples {
  static constexpr int kCount = 7;
  Eigen::Matrix<double, kCount, 1> places;  // as parts of h
  Eigen::Matrix<double, kCount, 1> values;

  /// True if there are more than two different values, so that phi moves by more than rounding.
  bool move() const { return std::set<double>(values.begin(), values.end()).size() > 2; }
};

/// Nothing if phi is not finite somewhere there or, with `smooth`, makes different choices.
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

/// The standard deviation of what remains when a cubic is fitted to the samples.
double left_by_cubic(const Samples& samples) {
  constexpr int kTerms = 4;
  Eigen::Matrix<double, Samples::kCount, kTerms> powers;
  for (int term = 0; term < kTerms; ++term) powers.col(term) = samples.places.array().pow(term);
  // The mean is subtracted so that the rounding of the fit is small compared with the noise.
  const Eigen::Matrix<double, Samples::kCount, 1> values =
      samples.values.array() - samples.values.mean();
  const Eigen::Matrix<double, kTerms, 1> fit = powers.householderQr().solve(values);
  return (values - powers * fit).norm() / std::sqrt(Samples::kCount - kTerms);
}

}  // namespace

Noise noise_of(const Probing& phi, double step) {
  // Rounding makes stairs of different widths, each visible only from its own scale on. So several
  // scales are tried; larger ones where phi does not move, or where the remainder has just leapt.
  std::vector<double> levels;
  const auto leapt = [&] { return levels.back() > kLeap * levels.front(); };
  Noise noise;
  // So close to 0 nearly every phi is straight, so what a cubic leaves is noise.
  std::optional<Samples> close = samples_of(phi, 1e-10 * step, true);
  if (!close) close = samples_of(phi, -1e-10 * step, true);
  const bool moves = close && close->move();
  if (moves) noise.likely = noise.most = left_by_cubic(*close);
  for (double h = 1e-7 * step; h < 1e4 * step; h *= 10) {
    const bool settled = !levels.empty() && (noise.most >= levels.back() || !leapt());
    if ((h > 0.2 * step && settled) || (h > 20 * step && !levels.empty())) break;
    std::optional<Samples> samples = samples_of(phi, h, true);
    if (!samples) samples = samples_of(phi, -h, true);  // the other side may have no kink
    // With nothing else to go by, kinks count as noise: too much is safer than too little.
    if (!samples && levels.empty()) samples = samples_of(phi, h, false);
    if (!samples && levels.empty()) samples = samples_of(phi, -h, false);
    if (!samples || !samples->move()) continue;
    levels.push_back(left_by_cubic(*samples));
    // Rounding is equally large over several scales. A remainder that is not comes from phi, which
    // is too curved for a cubic.
    const size_t k = levels.size();
    if (k == 1) noise.most = std::max(noise.most, levels[0]);
    if (k == 1 && !moves) noise.likely = levels[0];
    if (k < 3) continue;
    const auto [low, high] = std::minmax({levels[k - 3], levels[k - 2], levels[k - 1]});
    if (high <= 30 * low) noise.most = std::max(noise.most, high);
  }
  return noise;
}

}  // namespace autonet::internal
