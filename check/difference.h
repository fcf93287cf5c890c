#pragma once

#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "autonet/autograd/array.h"

namespace autonet::internal {

/// A slope by differences, and how far it can be trusted.
struct Slope {
  enum class Kind {
    smooth,
    kink,     // the one-sided slopes differ
    unknown,  // no value one step away, or f moves at too few steps
  };
  Kind kind = Kind::unknown;
  double value = 0.0;  // the mean of both sides
  double doubt = 0.0;  // how far it may be off by truncation and rounding
  double left = 0.0;
  double right = 0.0;
};

/// Each step is so many times as large as the next.
constexpr double kStepRatio = 4.0;

/// Differences of the numbers f(h) at h = 0, at many steps of both signs. From them,
///
///     D(h) = (f(h) - f(-h)) / 2h,     slope = (16 D(h/4) - D(h)) / 15,   error O(h^4)
///
/// at the step at which neighbouring slopes agree best: between truncation at large steps and
/// rounding at small ones. The rounding of f is seen in how D changes over smaller steps, where
/// every smooth f is straight. A step at which f has no value is left out. Source: L. F.
/// Richardson, 1911; W. Press et al., Numerical Recipes, 5.7.
class Differences {
 public:
  /// f returns as many numbers at every step; std::nullopt or NaN where it has no value.
  using Function = std::function<std::optional<Array>(double h)>;
  Differences(const Function& f, double first_step);

  /// How many numbers f has.
  size_t size() const { return center_.size(); }
  /// True if f had a value at no step.
  bool empty() const { return steps_.empty(); }

  /// The slope of number k.
  Slope of(size_t k) const;
  /// The slope of <v, f>; numbers whose v is zero are not looked at.
  Slope along(std::span<const double> v) const;

 private:
  /// One step: the central slopes of all numbers, and right - left.
  struct Step {
    double h = 0.0;
    std::vector<double> slopes = {};
    std::vector<double> bends = {};
  };
  using Terms = std::vector<std::pair<size_t, double>>;  // of a sum: number and factor
  Slope of_sum(const Terms& terms) const;

  std::vector<double> center_;
  std::vector<Step> steps_;
};

/// The first step to try for x: a part of the median size of its elements, as one far larger
/// element says nothing about the others.
double first_step(const Array& x);

/// True if `claimed` lies between the one-sided slopes, which may be off by `margin`.
bool is_subgradient(const Slope& slope, double claimed, double margin);

/// What a comparison of a claimed number with a known one shows.
enum class Agreement {
  agrees,
  disagrees,
  hidden,  // nothing: the known number is too uncertain, or both may be zero
};

/// Compares `claimed` with `known`. Right numbers of this size differ by up to `allowed`, a part of
/// the size. Doubt excuses a larger difference, but confirms nothing: a known number that may be
/// off by more than kTrusted of the size agrees with others by chance. NaN disagrees.
Agreement compare(double claimed, double known, double size, double allowed, double doubt);

/// The larger error. NaN is larger than any number.
double worse(double p, double q);

}  // namespace autonet::internal
