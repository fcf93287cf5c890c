#pragma once

#include <cstdint>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/random.h"

namespace autonet::internal {

/// Which examples of a batch are mixed: example i becomes shares[i] of itself and 1 - shares[i] of
/// example partners[i].
struct Mixing {
  std::vector<Index> partners;  // a permutation of 0 … n - 1
  std::vector<double> shares;   // from 0 to 1
};

/// A number from the distribution Beta(alpha, alpha): of mean 1/2 and variance 1 / (8 alpha + 4).
/// Needs alpha > 0.
double draw_beta(Random& random, double alpha);

/// How the `count` examples of a training step are mixed, with shares from Beta(alpha, alpha). It
/// depends on these numbers alone. Source: H. Zhang et al., "mixup: Beyond empirical risk
/// minimization", arXiv:1710.09412.
Mixing draw_mixing(double alpha, Index count, std::uint64_t seed, Index step);

/// Mixes the rows (entries along axis 0) of a contiguous array in place. Throws Error if it has
/// another number of rows than the mixing.
void mix(const Mixing& mixing, Array& rows);

}  // namespace autonet::internal
