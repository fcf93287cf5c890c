#pragma once

#include <cstdint>

namespace autonet::cli {

/// The number of calls of operator new since the program started.
std::uint64_t allocation_count();
/// The sum of all sizes requested from operator new since the program started, in bytes.
std::uint64_t allocated_bytes();

}  // namespace autonet::cli
