#pragma once

#include <string>
#include <string_view>

namespace autonet::internal {

/// Replaces a file by these bytes so that a kill or power cut at any moment leaves the old file or
/// the new one: it writes to a temporary name in the same folder, syncs and renames. Throws
/// DataError with the system's reason; the temporary file is then removed. A pipe or a device is
/// refused, as a file would take its place. Removes the temporary files for the same path of
/// processes that have ended.
void write_atomically(const std::string& path, std::string_view bytes);

/// The file that a path names: of a link, the one at its end, which need not exist.
std::string file_behind_links(const std::string& path);

/// Writes all bytes to an open file. Returns 0, or the system's error number.
int write_all(int descriptor, std::string_view bytes);

/// The same for a file that grows, `path`.
int append_to(int descriptor, const std::string& path, std::string_view bytes);

/// Throws DataError, with the system's reason, if write_atomically(path, …) could not start. Leaves
/// all files as they were.
void check_writable(const std::string& path);

}  // namespace autonet::internal
