#pragma once

#include <string>

#include "data/images.h"

namespace autonet::internal {

/// Reads a pair of IDX files: images of bytes [N,H,W] (one channel, pixels 0 to 255) and their
/// labels [N]. rows, cols, classes: what they must be; count: the number of images expected, 0 for
/// any up to 1,000,000.
///
/// Throws DataError naming file and byte offset.
/// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
Images read_idx(const std::string& image_path, const std::string& label_path, Index rows,
                Index cols, Index classes, Index count = 0);

/// Reads any IDX file of unsigned bytes with one to four axes as an array of numbers 0 to 255; the
/// file may be packed by gzip. Throws DataError naming file and byte offset.
Array read_idx_array(const std::string& path);

}  // namespace autonet::internal
