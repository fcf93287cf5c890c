#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "autonet/autograd/shape.h"

namespace autonet::internal {

/// A file as memory that the system reads from it when it is used. The file must not be changed
/// while the object lives.
class MappedFile {
 public:
  /// Throws DataError with the path and the system's reason.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return {data_, size_}; }

  /// To be called after so many pieces of so many bytes were read, each anywhere in the file. From
  /// time to time, gives the memory back in which the system has put parts of the file, so that the
  /// process does not grow to the file's size.
  void have_read(Index pieces, Index bytes) const;

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
  mutable std::atomic<Index> held_ = 0;  // at most, since memory was given back
};

}  // namespace autonet::internal
