#pragma once

#include <string>
#include <vector>

#include "data/images.h"

namespace autonet::internal {

/// Reads CIFAR-10's binary batches, one after the other, into images [N,32,32,3] with pixels 0 to
/// 255. A record of a file is a label byte and three planes (red, green, blue) of 32 x 32 bytes.
/// count_per_file: the number of records expected in each file, 0 for any up to 100,000.
///
/// Throws DataError naming file and byte offset.
/// Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
Images read_cifar10(const std::vector<std::string>& paths, Index count_per_file = 0);

/// Reads a file of CIFAR-100, whose records have two label bytes, the coarse label and then the
/// fine one from 0 to 99, which is taken. Otherwise as read_cifar10().
Images read_cifar100(const std::string& path, Index count = 0);

}  // namespace autonet::internal
