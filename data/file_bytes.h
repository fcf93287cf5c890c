#pragma once

#include <string>

#include "autonet/autograd/error.h"
#include "autonet/autograd/shape.h"
#include "autonet/text/concat.h"

namespace autonet::internal {

/// Throws DataError "reading PATH: WHAT".
template <typename... Args>
[[noreturn]] void fail_reading(const std::string& path, const Args&... what) {
  throw DataError(text::concat("reading ", path, ": ", what...));
}
/// Throws DataError "reading PATH: at byte BYTE: WHAT".
template <typename... Args>
[[noreturn]] void fail_at_byte(const std::string& path, Index byte, const Args&... what) {
  fail_reading(path, "at byte ", byte, ": ", what...);
}

/// The content of a regular file. Throws DataError with the system's reason if it cannot be read,
/// and with both numbers if it has more than `max_bytes`; nothing is allocated for those.
std::string read_file(const std::string& path, Index max_bytes);

/// The content of a file, unpacked if it is gzip, which its first two bytes tell, not its name.
///
/// Never holds more than `max_bytes` of unpacked content, whatever the file claims. Throws
/// DataError naming file and byte offset if it cannot be read, unpacks to more, is cut short,
/// has a wrong check sum, or continues after the gzip data.
std::string read_unpacked(const std::string& path, Index max_bytes);

}  // namespace autonet::internal
