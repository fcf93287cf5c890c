#pragma once

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

/// Only what is known to this part of its size can confirm a claim that is not close by itself.
constexpr double kTrusted = 1e-4;

/// Holds `claimed` against `known`. `size` is the size of both (of their terms, where they are
/// sums), `allowed` what right numbers may differ by, `uncertainty` how far `known` and `claimed`
/// may be off by rounding and truncation. An uncertainty excuses, but it confirms nothing.
Agreement compare(double claimed, double known, double size, double allowed, double uncertainty);

}  // namespace autonet
