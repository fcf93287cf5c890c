#pragma once

#include <string>
#include <vector>

#include "autograd/shape.h"

namespace autonet {

/// The content of a file, unpacked if it is gzip (told by its first two bytes, not by its name).
///
/// Never holds more than `max_bytes` of unpacked content, whatever the file claims. Throws
/// DataError naming file and byte offset where it cannot be read, unpacks to more, is cut short,
/// has a wrong check sum, or goes on after the gzip data.
std::vector<char> read_bytes(const std::string& path, Index max_bytes);

/// The same, for content that is in memory already; `path` is only what errors call it.
std::vector<char> unpack(std::vector<char> packed, const std::string& path, Index max_bytes);

}  // namespace autonet
