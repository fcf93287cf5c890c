#pragma once

#include <string>

#include "data/dataset.h"

namespace autonet {

/// Reads images of the USPS text form: a line an image, the digit and then 256 pixels in [-1, 1]
/// row by row, between blanks; both number styles ("6.0000", "9") and a blank at the end of the
/// line are good. `count` is how many there must be, 0 for any number.
///
/// Throws DataError naming file, line and column.
/// Source: zip.info.txt of Hastie, Tibshirani, Friedman, The Elements of Statistical Learning.
Images read_usps(const std::string& path, Index count = 0);

}  // namespace autonet
