#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "autograd/array.h"
#include "check/replay.h"

namespace autonet {

// Rounding, measured: a computation is run again with every call's output changed at random by as
// much as its number format rounds there, and what the results differ by is what rounding does to
// them (Monte Carlo arithmetic: D. S. Parker, 1997). It sees digits cancel, as in 1 - y^2, which no
// bound on the size of the result could know of.

/// How a number format rounds.
struct Format {
  double half_unit;  // half a unit in the last place, relative
  double smallest;   // half the distance of its smallest numbers, absolute
};
constexpr Format kF64{0x1p-51, 0.0};  // four times that, to survive being rounded to f64 itself
constexpr Format kF32{0x1p-24, 0x1p-150};

/// Errors of so many measured roundings are a mistake: those are off by thousands or more.
constexpr double kRoundings = 20.0;

/// Changes numbers, fresh from a call, by about as much as the format would have rounded them: half
/// a unit in the last place of the result, and of the partial sums on the way to it. Equal numbers
/// change alike and zeros stay, so that ties stay ties: they are no matter of rounding.
void disturb(const ReplayCall& call, Array& y, const Format& format, std::uint64_t seed);

/// Runs the replay, which has run, several times disturbed. `deviations` says after each run how
/// far some numbers of interest, `count` of them, are off; returned is the largest deviation of
/// each. A run in which a choice tipped over (Op::choices) says nothing of rounding and counts only
/// if there is no other. The replay is left disturbed.
std::vector<double> rounding_of(Replay& replay, const Format& format, std::uint64_t seed,
                                size_t count,
                                const std::function<std::vector<double>()>& deviations);

}  // namespace autonet
