#pragma once

#include <string>

#include "data/images.h"

namespace autonet::internal {

/// Reads the cropped digits of SVHN, a MATLAB file with the arrays X [32,32,3,N] and y [N,1], into
/// images [N,32,32,3] with pixels 0 to 255. The file's label 10 is the digit 0. count: the number
/// of images expected, 0 for any.
///
/// Throws DataError naming file and place.
/// Source: Y. Netzer et al., "Reading digits in natural images with unsupervised feature learning",
/// 2011.
Images read_svhn(const std::string& path, Index count = 0);

}  // namespace autonet::internal
