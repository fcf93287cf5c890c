#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/var.h"
#include "check/limits.h"
#include "check/replay.h"

namespace autonet::internal {

/// The rounding of a number format.
struct Format {
  double half_unit;  // half a unit in the last place, relative
  double smallest;   // its smallest normal number: those nearer to zero count as zero
};
// f64 gets four times its half unit, so that the change is not lost in rounding to f64 itself.
constexpr Format kF64{.half_unit = 0x1p-51, .smallest = 0.0};
constexpr Format kF32{.half_unit = 0x1p-24, .smallest = 0x1p-126};

/// About how many terms are summed for each number of the call's output.
double terms_of(const ReplayCall& call);

/// y = the call's forward code on its inputs, with numbers changed at random by about as much as
/// the format would round them: half a unit in the last place of the result, and of the partial
/// sums on the way to it. `right` is the same call without changes; choices are made as there.
void forward_disturbed(Context& context, const ReplayCall& right, const ReplayCall& call, Array& y,
                       const Format& format, std::uint64_t seed);

/// Measures the effect of rounding on a recorded computation: it is run again with every call's
/// output changed at random by as much as a number format rounds there (Monte Carlo arithmetic:
/// D. S. Parker, 1997). This shows the cancellation of digits, as in 1 - y^2, which the size of the
/// result does not show. Choices (a ReLU's side, the place of a maximum, a label) stay as they are
/// without rounding, so ties have no effect.
class Rounding {
 public:
  /// `at` has the values of the points, `known` those of other entries that are not computed again.
  /// Nothing is computed before run(). The numbers are f64 for every format.
  Rounding(Context& context, std::span<const Var> points, std::span<const Var> outputs,
           std::span<const Array> at, const Replay::Values& known = {});

  /// Sets point i; call run() afterwards.
  void move(size_t i, const Array& to);
  void run();

  /// The run without and the last run with random changes.
  const Replay& right() const { return right_; }
  const Replay& disturbed() const { return disturbed_; }

  /// Runs some times with random changes. After each, `deviations` returns how far `count` numbers
  /// of interest are off. Returns the largest deviation of each; infinity if every run leaves the
  /// domain of some op.
  std::vector<double> largest(const Format& format, std::uint64_t seed, size_t count,
                              const std::function<std::vector<double>()>& deviations,
                              int runs = kRoundingRuns);

 private:
  Replay right_;
  Replay disturbed_;
};

}  // namespace autonet::internal
