#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "autonet/autograd/shape.h"

namespace autonet {

/// A stream of random numbers named by (seed, stream): the same on every machine, and independent
/// of what other streams draw. A small value; a copy continues from the same position.
///
/// The numbers are those of Philox4x32-10 (J. Salmon et al., "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011), with the seed as key.
class Random {
 public:
  /// The beginning of a stream. Any two numbers are good; stream_of() gives streams for names.
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  /// 64 random bits.
  std::uint64_t bits();
  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform();
  /// Uniform between `low` and `high`.
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Normal with mean 0 and standard deviation 1 (G. Box, M. Muller, 1958).
  double normal();
  /// Uniform among 0 … count - 1, without bias. Throws Error if count is 0.
  std::uint64_t below(std::uint64_t count);

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t position_ = 0;
  std::array<std::uint32_t, 4> block_{};
  bool has_spare_ = false;
  double spare_ = 0.0;
};

/// 0 … count - 1 in random order (R. Fisher, F. Yates). Throws Error for a negative count.
std::vector<Index> permutation(Index count, std::uint64_t seed, std::uint64_t stream);

/// A stream number for a name, so that every parameter draws its own numbers (the hash FNV-1a).
std::uint64_t stream_of(std::string_view name);

}  // namespace autonet
