#pragma once

#include <string>

#include "data/images.h"

namespace autonet::internal {

/// Reads a part of the small NORB set: the pairs of grey images [N,2,rows,columns] in a file
/// "…-dat.mat" as images [N,rows,columns,2] with pixels 0 to 255, and their categories [N], from 0
/// to 4, in "…-cat.mat". rows, cols: what the images must have; count: the number of pairs
/// expected, 0 for any.
///
/// Throws DataError naming file and byte offset.
/// Source: Y. LeCun, F. J. Huang, L. Bottou, "Learning methods for generic object recognition with
/// invariance to pose and lighting", 2004, and the publisher's description of the files.
Images read_norb(const std::string& image_path, const std::string& category_path, Index rows,
                 Index cols, Index count = 0);

}  // namespace autonet::internal
