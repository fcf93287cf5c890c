#pragma once

#include <cstddef>

namespace autonet::internal {

/// The bytes of memory that this process can still take: free memory and swap of the machine, and
/// what its control group (a container) and its limits (ulimit -v) leave. SIZE_MAX if the system
/// tells none of them, or the environment variable AUTONET_IGNORE_MEMORY is set and not empty.
std::size_t available_memory();

}  // namespace autonet::internal
