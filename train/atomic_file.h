#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace autonet {

/// Replaces a file by these bytes so that a kill or power cut at any moment leaves the old file or
/// the new one: written under a temporary name in the same folder, synced, renamed. Throws
/// DataError with the system's reason; the temporary file is then removed.
void write_atomically(const std::string& path, std::string_view bytes);

/// Throws DataError, with the system's reason, if write_atomically(path, …) could not begin; leaves
/// nothing behind and touches no file that is there.
void check_writable(const std::string& path);

/// The whole file. Throws DataError if it cannot be read or holds more than `largest` bytes.
std::string read_whole(const std::string& path, std::size_t largest);

}  // namespace autonet
