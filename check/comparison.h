#pragma once

#include <algorithm>

#include "check/limits.h"

namespace autonet::internal {

/// What a comparison of a claimed number with a known one shows.
enum class Agreement {
  agrees,
  disagrees,
  hidden,  // nothing: the known number is too uncertain, or both may be zero
};

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

/// The larger error. NaN is larger than any number.
double worse(double p, double q);

/// Compares `claimed` with `known`, which may be off by `doubt`. `size` is the size of both, or of
/// their terms where they are sums. Doubt can excuse a difference but never confirm a claim: a
/// known number that may be off by more than kTrusted of its size agrees with others by chance.
Agreement compare(double claimed, double known, double size, const Tolerance& tolerance,
                  double doubt);

}  // namespace autonet::internal
