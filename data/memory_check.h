#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace autonet::internal {

/// Throws DataError if the content of a file needs more memory than there is, before any is taken.
/// `doing` completes "reading PATH: ": "it unpacks to". Free for small sizes.
void check_memory_for(const std::string& path, std::string_view doing, std::uint64_t bytes);

}  // namespace autonet::internal
