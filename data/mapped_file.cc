#include "data/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "data/file_bytes.h"

namespace autonet::internal {

MappedFile::MappedFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe never blocks
  if (file < 0) fail_reading(path, std::strerror(errno));
  struct stat status {};
  const bool known = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  if (known && status.st_size > 0) {
    size_ = static_cast<size_t>(status.st_size);
    void* const place = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    data_ = place == MAP_FAILED ? nullptr : static_cast<char*>(place);
  }
  const int reason = errno;
  ::close(file);
  if (!known) fail_reading(path, "not a regular file");
  if (size_ > 0 && data_ == nullptr) fail_reading(path, std::strerror(reason));
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

void MappedFile::have_read(Index pieces, Index bytes) const {
  constexpr Index kKept = Index{64} << 20;
  constexpr Index kAround = Index{1} << 16;  // what Linux maps around a place that is read
  if (data_ == nullptr || (held_ += pieces * (bytes + kAround)) < kKept) return;
  held_ = 0;
  ::madvise(data_, size_, MADV_DONTNEED);  // the pages are read again when they are used
}

}  // namespace autonet::internal
