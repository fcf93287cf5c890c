#pragma once

#include <cstdint>

namespace autonet {

/// Bytes that this program has asked operator new for since it started.
std::uint64_t allocated_bytes();

}  // namespace autonet
