#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "autograd/array.h"
#include "autograd/var.h"
#include "check/replay.h"

namespace autonet {

/// How a number format rounds.
struct Format {
  double half_unit;  // half a unit in the last place, relative
  double smallest;   // half the distance of its smallest numbers, absolute
};
constexpr Format kF64{0x1p-51, 0.0};  // four times that, to survive being rounded to f64 itself
constexpr Format kF32{0x1p-24, 0x1p-150};

/// Errors of so many measured roundings are a mistake: those are off by thousands or more.
constexpr double kRoundings = 20.0;

/// What rounding does to a recorded computation, measured: it is run again with every call's output
/// changed at random by as much as a number format rounds there (Monte Carlo arithmetic: D. S.
/// Parker, 1997). That sees digits cancel, as in 1 - y^2, which no bound on the size of the result
/// could know of. What is chosen (a ReLU's side, the place of a maximum, a label) stays as it is
/// without rounding: ties are no matter of it.
class Rounding {
 public:
  /// `points` stand at `at`, until moved; nothing is computed before run(). The numbers are f64,
  /// whatever format is asked about.
  Rounding(Context& context, std::span<const Var> points, std::span<const Var> outputs,
           std::span<const Array> at);

  /// Point i; after it was written, call run().
  void move(size_t i, const Array& to);
  void run();

  /// Without and with rounding.
  const Replay& right() const { return right_; }
  const Replay& disturbed() const { return disturbed_; }

  /// Runs several times disturbed. `deviations` says after each how far some numbers of interest,
  /// `count` of them, are off; returned is the largest deviation of each.
  std::vector<double> largest(const Format& format, std::uint64_t seed, size_t count,
                              const std::function<std::vector<double>()>& deviations);

 private:
  Replay right_;
  Replay disturbed_;
};

}  // namespace autonet
