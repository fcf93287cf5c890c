#pragma once

#include <cstddef>

namespace autonet {

/// Bytes of this process in memory (code that is used counts too); 0 where the system does not say.
struct ProcessMemory {
  std::size_t now = 0;
  std::size_t peak = 0;  // since it started
};

ProcessMemory process_memory();

/// From now on large blocks that are freed go back to the system at once, rather than when the
/// allocator sees fit: the peak is then what is really held.
void give_back_large_blocks();

}  // namespace autonet
