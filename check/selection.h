#pragma once

#include <span>
#include <string>
#include <vector>

#include "autograd/array.h"
#include "autograd/random.h"

namespace autonet {

/// Throws Error unless there is a name for each point, all different, and all points are f64.
void require_points(std::span<const Array> points, std::span<const std::string> names);

/// Which names `only` chooses: by the whole name, or by what stands before its "/". All if it is
/// empty. Throws Error, with the names, where one of `only` chooses nothing.
std::vector<bool> selection(std::span<const std::string> names, std::span<const std::string> only);

/// `count` different numbers below `total`, in order; all of them if there are no more.
std::vector<Index> drawn(Index total, Index count, Random& random);

}  // namespace autonet
