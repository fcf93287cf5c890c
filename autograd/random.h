#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "autograd/shape.h"

namespace autonet {

/// Philox4x32-10: four random 32-bit words from a counter and a key, with no state between calls.
/// Source: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key);

/// A stream of random numbers named by (seed, stream): the same on every machine, whatever was
/// drawn elsewhere. A small value; copying it copies the position.
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  std::uint64_t bits();
  /// Even in [0, 1), 53 random bits.
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Mean 0, standard deviation 1 (Box, Muller 1958).
  double normal();
  /// Even among 0 … count - 1, without bias; count >= 1.
  std::uint64_t below(std::uint64_t count);

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t position_ = 0;
  std::array<std::uint32_t, 4> block_{};
  bool has_spare_ = false;
  double spare_ = 0.0;
};

/// 0 … count - 1 in random order (Fisher, Yates).
std::vector<Index> permutation(Index count, std::uint64_t seed, std::uint64_t stream);

/// A stream number for a name, so that every parameter draws its own numbers (FNV-1a).
std::uint64_t stream_of(const char* name);

}  // namespace autonet
