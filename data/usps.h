#pragma once

#include <string>

#include "data/images.h"

namespace autonet::internal {

inline constexpr const char* kUspsCitation =
    "Y. Le Cun et al., \"Handwritten Digit Recognition with a Back-Propagation Network\", NIPS 2, "
    "1990; J. J. Hull, \"A database for handwritten text recognition research\", IEEE TPAMI "
    "16(5):550-554, 1994";

/// Reads images in the text form of USPS: one line for each image, with the digit and 256 pixels in
/// [-1, 1], row by row, separated by blanks. Both number styles ("6.0000", "9") and a blank at the
/// end of a line are accepted. `count` is the number of images expected, 0 for any.
///
/// Throws DataError naming file, line and column.
/// Source: zip.info.txt of Hastie, Tibshirani, Friedman, The Elements of Statistical Learning.
Images read_usps(const std::string& path, Index count = 0);

}  // namespace autonet::internal
