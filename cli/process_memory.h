#pragma once

#include <cstddef>

namespace autonet::cli {

/// Memory that this process occupies, in bytes, with the loaded code; 0 if the system does not
/// tell.
struct ProcessMemory {
  std::size_t now = 0;
  std::size_t peak = 0;  // since the process started
};

ProcessMemory process_memory();

/// Makes the allocator return large freed blocks to the system at once, so that the peak counts
/// only memory that was in use.
void give_back_large_blocks();

}  // namespace autonet::cli
