#include "train/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "autograd/error.h"

namespace autonet {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path, int error) {
  throw DataError(what + " " + path + ": " + std::strerror(error));
}

/// A file descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd);
  }

 private:
  int fd_;
};

struct Places {
  std::filesystem::path target;
  std::string temporary;
};

/// What is replaced, and the temporary name beside it.
Places places_of(const std::string& path) {
  // A link is written through: the file it names is replaced, not the link.
  std::error_code ignored;
  std::filesystem::path target = path;
  for (int links = 0; links < 40 && std::filesystem::is_symlink(target, ignored); ++links) {
    target = target.parent_path() / std::filesystem::read_symlink(target, ignored);
  }
  if (std::filesystem::is_directory(target, ignored)) fail("cannot write", path, EISDIR);
  return {target, target.string() + ".tmp." + std::to_string(::getpid())};
}

int create(const std::string& temporary, const std::string& path) {
  // Left by an earlier process of the same number, if at all: never written through a planted link.
  ::unlink(temporary.c_str());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) fail("cannot write", path, errno);
  return fd;
}

}  // namespace

void check_writable(const std::string& path) {
  const Places places = places_of(path);
  const Descriptor file(create(places.temporary, path));
  ::unlink(places.temporary.c_str());
}

void write_atomically(const std::string& path, std::string_view bytes) {
  const auto [target, temporary] = places_of(path);
  const std::string folder = target.has_parent_path() ? target.parent_path().string() : ".";
  Descriptor file(create(temporary, path));
  const auto give_up = [&, temp = temporary.c_str()](int error) {
    ::unlink(temp);
    fail("cannot write", path, error);
  };
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) give_up(errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(file.get()) != 0) give_up(errno);
  if (file.close() != 0) give_up(errno);
  if (::rename(temporary.c_str(), target.c_str()) != 0) give_up(errno);
  // The rename itself lasts only once the folder is synced; some file systems cannot, which is no
  // loss.
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());
}

std::string read_whole(const std::string& path, std::size_t largest) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail("cannot read", path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail("cannot read", path, errno);
  if (S_ISDIR(status.st_mode)) fail("cannot read", path, EISDIR);
  if (static_cast<std::size_t>(status.st_size) > largest) {
    throw DataError("cannot read " + path + ": it has " + std::to_string(status.st_size) +
                    " bytes, more than the " + std::to_string(largest) + " allowed");
  }
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(status.st_size));
  char buffer[1 << 16];
  while (true) {
    const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("cannot read", path, errno);
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(count));
    if (bytes.size() > largest) {
      throw DataError("cannot read " + path + ": it has more than " + std::to_string(largest) +
                      " bytes");
    }
  }
}

}  // namespace autonet
