#pragma once

// Every number that decides what a check compares and what it calls equal, and why it has this
// size.
namespace autonet::internal {

// Without a step: the complex step and the rules differ by rounding alone.

/// Allowed difference of the whole gradient, as a part of its size. Right ones differ by 1e-16 to
/// 1e-13, mistakes by far more.
constexpr double kGradientBound = 1e-10;
/// The same for the rule of a single call, where less rounding adds up.
constexpr double kRuleBound = 1e-11;
/// Numbers below this count as zero: what is left after nearly everything cancels tells nothing.
constexpr double kNothing = 1e-30;

// Measured rounding: the largest change seen in a few runs with random roundings.

constexpr int kRoundingRuns = 4;
/// A sum is cut into so many parts to see its partial sums.
constexpr int kParts = 16;
/// Differences of up to this many measured roundings of f64 are excused. Mistakes are off by
/// thousands.
constexpr double kRoundings = 20.0;
/// The error of an f32 routine, in measured roundings of f32, from which on it is a mistake. Right
/// routines of the shipped models stay below 1.3: docs/check-grad.md lists them.
constexpr double kRoundingsF32 = 3.0;

// What is compared.

/// So many elements, or rows of the Jacobian, of a call are looked at one by one. Where as many
/// numbers are compared at once, one draw, or one run with random roundings, is enough.
constexpr int kSample = 100;
/// The work on a number that passes through a complex function, in multiply-adds.
constexpr double kNumberWork = 20.0;
/// Memory that the values of a check may take, as much as a machine is likely to have.
constexpr int kMostGiB = 12;

// Differences: steps h, h/4, h/16, …

/// The first step, as a part of the size of x, and the least size of a single element to assume.
constexpr double kFirstStep = 4e-3;
constexpr double kLeastScale = 0.1;
/// How much larger the first step is where rounding hides the slope at the usual steps.
constexpr double kWider = 64.0;
/// The last step is 1e-14 of x's size, where rounding hides nearly everything.
constexpr int kSteps = 20;
/// A slope needs so many steps at which the function moves.
constexpr int kLeastSteps = 4;
/// The rounding of the function is the largest change over smaller steps, taken this many times.
constexpr double kNoiseFactor = 10.0;
/// The one-sided slopes differ at a kink by at least this part of their size.
constexpr double kLeastBend = 1e-3;
/// A Taylor remainder is clear of rounding if it is so many times as large as those at smaller
/// steps. From this order on, it confirms a slope: 1 is the order of a wrong one, 2 of a right one.
constexpr double kClearRemainder = 10.0;
constexpr double kConfirmingOrder = 1.5;
/// A known number can confirm a claim only if its uncertainty is below this part of its size.
constexpr double kTrusted = 1e-4;
/// The part of the elements that may be unclear where there is no complex step to cover them all.
constexpr double kMostUnclear = 0.1;

// The description of an error, which decides no verdict.

/// How near two numbers must be to count as equal, relative and absolute, if found by differences.
/// If found without a step, they may differ by kRuleBound of the largest.
constexpr double kAlike = 1e-5;
constexpr double kAlikeAbsolute = 1e-9;
/// Ratios of wrong to right numbers are one factor if they differ by less than this part of its
/// distance from 1.
constexpr double kSteadyFactor = 1e-2;

}  // namespace autonet::internal
