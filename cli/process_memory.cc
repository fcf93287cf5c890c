#include "cli/process_memory.h"

#ifdef __linux__
#include <malloc.h>
#endif

#include <fstream>
#include <string>

namespace autonet::cli {

ProcessMemory process_memory() {
#ifdef __GLIBC__
  malloc_trim(0);  // freed memory that the allocator keeps would count
#endif
  ProcessMemory memory;
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;) {
    std::size_t kibibytes = 0;
    if (key == "VmHWM:" && status >> kibibytes) memory.peak = kibibytes * 1024;
    if (key == "VmRSS:" && status >> kibibytes) memory.now = kibibytes * 1024;
  }
  return memory;
}

void give_back_large_blocks() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 256 * 1024);  // glibc raises its own threshold over time
#endif
}

}  // namespace autonet::cli
