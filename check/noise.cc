#include "check/noise.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <set>
#include <vector>

namespace autonet {
namespace {

constexpr double kLeap = 1e5;  // more than a smooth phi leaves of a cubic ten times as wide

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

Noise noise_of(const Probing& phi, double step) {
  // Rounding comes in stairs of different widths, which show from their own scale on. So several
  // scales are looked at; larger ones where phi stands still, or where what is left has just leapt.
  std::vector<double> levels;
  const auto leapt = [&] { return levels.back() > kLeap * levels.front(); };
  Noise noise;
  // So close by, nearly every phi is straight: this is noise if anything is.
  std::optional<Samples> close = samples_of(phi, 1e-10 * step, true);
  if (!close) close = samples_of(phi, -1e-10 * step, true);
  const bool moves = close && close->move();
  if (moves) noise.likely = noise.most = left_by_cubic(*close);
  for (double h = 1e-7 * step; h < 1e4 * step; h *= 10) {
    const bool settled = !levels.empty() && (noise.most >= levels.back() || !leapt());
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
    if (k == 1) noise.most = std::max(noise.most, levels[0]);
    if (k == 1 && !moves) noise.likely = levels[0];
    if (k < 3) continue;
    const auto [low, high] = std::minmax({levels[k - 3], levels[k - 2], levels[k - 1]});
    if (high <= 30 * low) noise.most = std::max(noise.most, high);
  }
  return noise;
}

}  // namespace autonet
