#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace autonet::internal {
namespace {

/// Half a cosine from a (t = 0) to b (t = 1).
double ease(double a, double b, double t) {
  return b + (a - b) * (1.0 + std::cos(std::numbers::pi * t)) / 2.0;
}

}  // namespace

double learning_rate(const ScheduleSettings& s, double base, Index step, Index steps_per_epoch,
                     Index epochs) {
  const double total =
      std::max(1.0, static_cast<double>(epochs) * static_cast<double>(steps_per_epoch));
  const double done = std::min(1.0, static_cast<double>(step) / total);
  const double warmup = s.warmup_epochs * static_cast<double>(steps_per_epoch);
  const double rise = warmup > 0.0 ? std::min(1.0, static_cast<double>(step + 1) / warmup) : 1.0;
  switch (s.type) {
    case ScheduleSettings::Type::constant:
    case ScheduleSettings::Type::plateau:
      return rise * base;
    case ScheduleSettings::Type::step: {
      const Index epoch = step / std::max<Index>(1, steps_per_epoch);
      const Index falls = epoch / s.step_epochs;
      return rise * base * std::pow(s.factor, static_cast<double>(falls));
    }
    case ScheduleSettings::Type::cosine:
      return rise * ease(base, base * s.final_fraction, done);
    case ScheduleSettings::Type::one_cycle: {
      const double start = base * s.start_fraction;
      if (done < s.peak_at) return rise * ease(start, base, done / s.peak_at);
      const double after = s.peak_at < 1.0 ? (done - s.peak_at) / (1.0 - s.peak_at) : 1.0;
      return rise * ease(base, start / 1e4, after);
    }
  }
  return base;
}

double plateau_factor(const ScheduleSettings& s, std::span<const EpochReport> epochs) {
  if (s.type != ScheduleSettings::Type::plateau) return 1.0;
  double factor = 1.0;
  double best = std::numeric_limits<double>::infinity();
  Index waited = 0;
  for (const EpochReport& epoch : epochs) {
    const double loss = epoch.validation.value_or(epoch.train).loss;
    ++waited;
    if (loss < best) {
      best = loss;
      waited = 0;
    } else if (waited >= s.patience) {
      factor *= s.factor;
      waited = 0;
    }
  }
  return factor;
}

}  // namespace autonet::internal
