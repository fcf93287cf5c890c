#pragma once

#include <algorithm>

namespace autonet::internal {

/// What a comparison of a claimed number with a known one shows.
enum class Agreement {
  agrees,
  disagrees,
  hidden,  // nothing: the known number is too uncertain, or both may be zero
};

/// Numbers found without taking a step count as zero below this: the complex step, and what is left
/// after nearly everything cancels, tell nothing about smaller ones.
constexpr double kNothing = 1e-30;

/// A known number can confirm a claim only if its uncertainty is below this part of its size.
constexpr double kTrusted = 1e-4;

/// How far right numbers may differ: an error above `loose` is wrong, one below `tight` is right.
struct Tolerance {
  double tight = 0.0;
  double loose = 0.0;

  static Tolerance of(double allowed) { return {allowed, allowed}; }
  /// For numbers of this size. An error within atol is not wrong, but confirms the claim only where
  /// atol is small beside the numbers.
  static Tolerance of(double size, double rtol, double atol) {
    return {rtol * size + std::min(atol, kTrusted * size), rtol * size + atol};
  }
};

/// How far the known number may be off by rounding and truncation.
struct Doubt {
  double likely = 0.0;
  double most = 0.0;

  static Doubt of(double uncertainty) { return {uncertainty, uncertainty}; }
};

/// The larger error. NaN is larger than any number.
double worse(double p, double q);

/// Compares `claimed` with `known`. `size` is the size of both, or of their terms where they are
/// sums. Doubt can excuse a difference but never confirm a claim: a known number that may be off by
/// more than kTrusted of its size agrees with others by chance.
Agreement compare(double claimed, double known, double size, const Tolerance& tolerance,
                  const Doubt& doubt);

}  // namespace autonet::internal
