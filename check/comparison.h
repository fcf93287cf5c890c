#pragma once

#include <algorithm>

namespace autonet {

/// What holding a claimed number against a known one shows.
enum class Agreement {
  agrees,
  disagrees,
  hidden,  // nothing: they may differ by more than would mean something, or both may be zero
};

/// Numbers that no step is taken for are zero below this: of smaller ones the complex step, and
/// what is left where nearly all cancels, know nothing.
constexpr double kNothing = 1e-30;

/// Only what is known to this part of its size can confirm a claim.
constexpr double kTrusted = 1e-4;

/// What right numbers may differ by: more than `loose` is wrong, less than `tight` is right.
struct Tolerance {
  double tight = 0.0;
  double loose = 0.0;

  /// The same for both.
  static Tolerance of(double allowed) { return {allowed, allowed}; }
  /// Of numbers of this size: what is only within atol of them is not wrong, but shown to be right
  /// only as far as that is little.
  static Tolerance of(double size, double rtol, double atol) {
    return {rtol * size + std::min(atol, kTrusted * size), rtol * size + atol};
  }
};

/// How far the known number may be off by rounding and truncation: likely, and at the most.
struct Doubt {
  double likely = 0.0;
  double most = 0.0;

  static Doubt of(double uncertainty) { return {uncertainty, uncertainty}; }
};

/// The larger error; NaN is larger than any, and stays.
double worse(double p, double q);

/// Holds `claimed` against `known`. `size` is the size of both (of their terms, where they are
/// sums). A doubt excuses, but it confirms nothing: a number that may be off by more than kTrusted
/// of its size agrees with others by chance.
Agreement compare(double claimed, double known, double size, const Tolerance& tolerance,
                  const Doubt& doubt);

}  // namespace autonet
