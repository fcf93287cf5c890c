#pragma once

#include <string>

#include "autonet/autograd/array.h"

namespace autonet::internal {

/// Throws DataError unless all numbers of an array are finite. The error names the file and the
/// array, and says how many numbers are not, and where the first of them is.
void check_finite(const Array& array, const std::string& path, const std::string& name);

/// The same, but only NaN is refused. Adam's mean of squares may be Inf while training goes on.
void check_no_nan(const Array& array, const std::string& path, const std::string& name);

}  // namespace autonet::internal
