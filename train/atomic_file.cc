#include "train/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "train/save_hook.h"

namespace autonet::internal {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
  throw DataError(text::concat("cannot write ", path, ": ", std::strerror(error)));
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

/// The file that is replaced, and the temporary name beside it.
Places places_of(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path target = file_behind_links(path);  // it is replaced, not the link
  const std::filesystem::file_type type = std::filesystem::status(target, ignored).type();
  if (type == std::filesystem::file_type::directory) fail(path, EISDIR);
  using enum std::filesystem::file_type;
  if (type == block || type == character || type == fifo || type == socket) {
    // A rename would put a file in its place: for root, in that of /dev/null.
    throw DataError(text::concat("cannot write ", path, ": it is a device or a pipe; name a file"));
  }
  return {target, text::concat(target.string(), ".tmp.", ::getpid())};
}

/// Removes what processes that were killed have left: NAME.tmp.PID of a process that has ended, on
/// which no other machine that shares the folder holds a lock.
void remove_stale(const std::filesystem::path& target) {
  const std::string start = target.filename().string() + ".tmp.";
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  std::error_code problem;
  std::filesystem::directory_iterator place(folder, problem);
  for (; !problem && place != std::filesystem::directory_iterator(); place.increment(problem)) {
    const std::string name = place->path().filename().string();
    if (!name.starts_with(start)) continue;
    ::pid_t process = 0;
    const char* const end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + start.size(), end, process);
    if (error != std::errc() || stop != end || process <= 0) continue;
    if (::kill(process, 0) == 0 || errno != ESRCH) continue;
    const Descriptor file(
        ::open(place->path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    if (file.get() >= 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
      ::unlink(place->path().c_str());
    }
  }
}

/// 0, or the error of a call that returns -1 and sets errno.
int error_of(int result) {
  return result < 0 ? errno : 0;
}

int create(const std::string& temporary, const std::string& path) {
  // An earlier process of the same number may have left one; a planted link is not followed.
  ::unlink(temporary.c_str());
  int fd = -1;
  const int error = save_step({SaveStep::create, path}, [&] {
    fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return error_of(fd);
  });
  if (error != 0) fail(path, error);
  ::flock(fd, LOCK_EX | LOCK_NB);  // see remove_stale()
  return fd;
}

/// Makes a rename permanent. Returns the errors of a disk; there are file systems on which a folder
/// cannot be synced.
int sync_folder(const std::string& folder) {
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) == 0) return 0;
  return errno == EIO || errno == ENOSPC || errno == EDQUOT ? errno : 0;
}

}  // namespace

std::string file_behind_links(const std::string& path) {
  std::error_code ignored;
  std::filesystem::path target = path;
  for (int links = 0; links < 40 && std::filesystem::is_symlink(target, ignored); ++links) {
    target = target.parent_path() / std::filesystem::read_symlink(target, ignored);
  }
  return target.string();
}

int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

void check_writable(const std::string& path) {
  const Places places = places_of(path);
  const Descriptor file(create(places.temporary, path));
  ::unlink(places.temporary.c_str());
}

void write_atomically(const std::string& path, std::string_view bytes) {
  const Places places = places_of(path);
  const std::filesystem::path& target = places.target;
  const std::string& temporary = places.temporary;
  const std::string folder = target.has_parent_path() ? target.parent_path().string() : ".";
  remove_stale(target);
  Descriptor file(create(temporary, path));
  const auto give_up = [&, temp = temporary.c_str()](int error) {
    ::unlink(temp);
    fail(path, error);
  };
  const auto step = [&](SaveStep what, const auto& call) {
    if (const int error = save_step({what, path, file.get(), bytes}, call); error != 0) {
      give_up(error);
    }
  };
  step(SaveStep::write, [&] { return write_all(file.get(), bytes); });
  step(SaveStep::sync, [&] { return error_of(::fsync(file.get())); });
  step(SaveStep::close, [&] { return error_of(file.close()); });
  step(SaveStep::rename, [&] { return error_of(::rename(temporary.c_str(), target.c_str())); });
  const int error = save_step({SaveStep::sync_folder, path}, [&] { return sync_folder(folder); });
  if (error != 0) fail(path, error);
}

int append_to(int descriptor, const std::string& path, std::string_view bytes) {
  return save_step({SaveStep::append, path, descriptor, bytes},
                   [&] { return write_all(descriptor, bytes); });
}

}  // namespace autonet::internal
