#pragma once

#include <cstdint>

#include "autonet/autograd/var.h"

namespace autonet {

/// A mask of 0 (with probability `rate`) or 1 / (1 - rate), of the given type. The numbers depend
/// on (seed, stream, step, position) alone, so that a replayed or resumed run draws the same ones.
/// `step` is a scalar that holds a whole number. No gradient. Throws Error unless 0 <= rate < 1.
Var dropout_mask(Var step, const ArrayType& type, double rate, std::uint64_t seed,
                 std::uint64_t stream);

/// y = x · dropout_mask: in training, drops elements and scales the others so that the mean stays
/// (inverted dropout; Srivastava et al., JMLR 15, 2014). xbar = ybar · mask.
Var dropout(Var x, Var step, double rate, std::uint64_t seed, std::uint64_t stream);

}  // namespace autonet
