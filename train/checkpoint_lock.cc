#include "train/checkpoint_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "train/atomic_file.h"

namespace autonet::internal {
namespace {

/// "process 123 on HOST, since 2026-01-31 12:00:00 UTC".
std::string this_process() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 64> time{};
  std::strftime(time.data(), time.size(), "%Y-%m-%d %H:%M:%S UTC", &utc);
  return text::concat("process ", ::getpid(), " on ", host.data(), ", since ", time.data());
}

std::string text_in(int descriptor) {
  std::array<char, 512> text{};
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  return count > 0 ? std::string(text.data(), static_cast<size_t>(count)) : "another process";
}

/// True if `path` still names the open file, which its last holder may have removed.
bool names(const std::string& path, int descriptor) {
  struct stat there {};
  struct stat open {};
  return ::stat(path.c_str(), &there) == 0 && ::fstat(descriptor, &open) == 0 &&
         there.st_dev == open.st_dev && there.st_ino == open.st_ino;
}

}  // namespace

CheckpointLock::CheckpointLock(const std::string& checkpoint) {
  if (checkpoint.empty()) return;
  path_ = file_behind_links(checkpoint) + ".lock";
  while (true) {
    const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (file < 0) return;  // writing the checkpoint will say why
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
      const bool held = errno == EWOULDBLOCK;
      const std::string holder = text_in(file);
      ::close(file);
      if (!held) return;
      throw DataError(text::concat("checkpoint ", checkpoint, ": another run is using it, ", holder,
                                   "; wait for its end or stop it, or give this run another file "
                                   "with --checkpoint"));
    }
    if (names(path_, file)) {
      descriptor_ = file;
      break;
    }
    ::close(file);
  }
  // The text is for people: a failed write does no harm.
  if (::ftruncate(descriptor_, 0) == 0) write_all(descriptor_, this_process());
}

CheckpointLock::~CheckpointLock() {
  if (descriptor_ < 0) return;
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

}  // namespace autonet::internal
