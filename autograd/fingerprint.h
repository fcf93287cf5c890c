#pragma once

#include <cstdint>

#include "autonet/autograd/array.h"

namespace autonet::internal {

/// A hash of an array's numbers, bit by bit: equal for equal numbers, different for others but for
/// a chance of about 2^-64. For finding changes, not for security.
std::uint64_t fingerprint_of(const Array& array);

}  // namespace autonet::internal
