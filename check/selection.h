#pragma once

#include <span>
#include <string>
#include <vector>

#include "autonet/autograd/random.h"
#include "autonet/autograd/shape.h"

namespace autonet::internal {

/// The names that `only` selects, by the whole name or by the part before a "/". All if it is
/// empty. Throws Error if one of `only` selects nothing.
std::vector<bool> selection(std::span<const std::string> names, std::span<const std::string> only);

/// `count` different numbers below `total`, in increasing order; all of them if there are no more.
std::vector<Index> drawn(Index total, Index count, Random& random);

}  // namespace autonet::internal
