#pragma once

#include <array>
#include <cstdint>

namespace autonet::internal {

/// Philox4x32-10: four random 32-bit words from a counter and a key, with no state between calls.
/// Source: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key);

}  // namespace autonet::internal
