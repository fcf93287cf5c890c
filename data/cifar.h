#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"

namespace autonet {

/// Reads CIFAR-10's binary batches, one behind the other: records of a label byte and three planes
/// (red, green, blue) of 32 x 32 bytes, turned here into [N,32,32,3] with pixels 0 to 255.
/// count_per_file: how many records each must hold, 0 for any number up to 100,000.
///
/// Throws DataError naming file and byte offset.
/// Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
Images read_cifar10(const std::vector<std::string>& paths, Index count_per_file = 0);

}  // namespace autonet
