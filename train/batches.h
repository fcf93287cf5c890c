#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "autonet/autograd/array.h"

namespace autonet {

/// The rows of x and y, which belong together, in pieces of `size`; the last piece may be smaller.
/// With a seed the rows come in random order, as copies; otherwise the pieces are views.
///
///     for (const auto& [x, y] : batches(images, labels, 32, epoch)) step(x, y);
///
/// Throws Error if x and y have different numbers of rows, a rank of 0, or size is less than 1.
std::vector<std::pair<Array, Array>> batches(const Array& x, const Array& y, Index size,
                                             std::optional<std::uint64_t> seed = std::nullopt);

}  // namespace autonet
