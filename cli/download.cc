#include "cli/download.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/data_files.h"
#include "cli/transfer.h"
#include "text/numbers.h"

namespace autonet::cli {
namespace {

using text::concat;

constexpr int kMostCuts = 5;  // of the connection to one server, before the next one is tried

/// The unfinished file beside the one that it becomes. Only one process at a time may have it.
class Part {
 public:
  explicit Part(std::string path) : path_(std::move(path)) {
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd_ < 0) throw DataError(concat("cannot write ", path_, ": ", std::strerror(errno)));
    struct stat opened {};
    struct stat named {};
    // The process that had the lock may have renamed the file since it was opened here.
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0 || ::fstat(fd_, &opened) != 0 ||
        ::stat(path_.c_str(), &named) != 0 || opened.st_ino != named.st_ino) {
      ::close(fd_);
      throw DataError("cannot write " + path_ + ": another process is downloading this file");
    }
  }
  /// Keeps what has arrived, so that it need not be downloaded again.
  ~Part() {
    if (path_.empty()) return;
    if (size() == 0) ::unlink(path_.c_str());
    ::close(fd_);
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  int descriptor() const { return fd_; }
  const std::string& path() const { return path_; }
  Index size() const { return static_cast<Index>(::lseek(fd_, 0, SEEK_END)); }
  void empty() const {
    if (::ftruncate(fd_, 0) != 0)
      throw DataError(concat("cannot write ", path_, ": ", std::strerror(errno)));
  }
  /// Gives the file its name.
  void finish(const std::string& name) {
    if (::fsync(fd_) != 0 || std::rename(path_.c_str(), name.c_str()) != 0)
      throw DataError(concat("cannot write ", name, ": ", std::strerror(errno)));
    ::close(fd_);
    path_.clear();
  }

 private:
  std::string path_;
  int fd_ = -1;
};

void check_space(const Download& wanted, Index there) {
  std::error_code unknown;
  const auto space = std::filesystem::space(wanted.folder, unknown);
  if (unknown || wanted.file.bytes <= there) return;
  const auto needed = static_cast<std::uintmax_t>(wanted.file.bytes - there);
  if (space.available >= needed) return;
  throw DataError(concat("cannot write to ", wanted.folder, ": ", published_name(wanted.file),
                         " needs ", text::bytes_text(needed), " more, but only ",
                         text::bytes_text(space.available), " are free"));
}

/// What is wrong with the complete file; empty if nothing is.
std::string problem_of(const Download& wanted, const Part& part) {
  // check_file() compares only a file of the published name.
  internal::DatasetFile file = wanted.file;
  file.gzipped = false;
  file.name = std::filesystem::path(part.path()).filename().string();
  return check_file(file, part.path()).problem;
}

/// Downloads from one address. Returns why it failed, or an empty text.
std::string fetch_from(const std::string& url, const Download& wanted, Part& part,
                       Index& resumed_at, DownloadObserver& observer) {
  using End = Transfer::End;
  for (int cuts = 0;;) {
    Index there = part.size();
    if (wanted.file.bytes > 0 && there > wanted.file.bytes) {
      part.empty();
      there = 0;
    }
    check_space(wanted, there);
    Transfer result{.end = End::complete, .problem = ""};
    if (wanted.file.bytes == 0 || there < wanted.file.bytes) {
      observer.on_start(url, there);
      result = transfer(url, part.descriptor(), there, wanted.file.bytes, wanted.timeout, observer);
    }
    if (result.end == End::no_space) {
      throw DataError(concat("cannot write ", part.path(), ": ", result.problem, "; it holds ",
                             text::counted(part.size(), "byte"),
                             ". Free some space and repeat "
                             "the command: it goes on from there"));
    }
    if (result.end == End::not_resumed && there > 0) {
      observer.on_problem(url, result.problem + "; starting again");
      part.empty();
    } else if (result.end == End::cut_short && part.size() > there && ++cuts < kMostCuts) {
      observer.on_problem(url, result.problem + "; going on from there");
    } else if (result.end != End::complete) {
      return result.problem;
    } else {
      const std::string problem = problem_of(wanted, part);
      resumed_at = there;
      if (problem.empty()) return "";
      part.empty();
      if (there == 0) return "the file " + problem;
      // The first part may have come from another server, or may have been damaged.
      observer.on_problem(url, "the file " + problem + "; starting again");
    }
  }
}

}  // namespace

void check_can_download() {
#ifndef AUTONET_HAVE_OPENSSL
  throw DataError(
      "cannot download: the program was built without libcrypto, which computes the SHA-256 of "
      "files; install libssl-dev and build it again");
#else
  if (const std::string lacks = transfer_lacks(); !lacks.empty())
    throw DataError("cannot download: " + lacks);
#endif
}

Downloaded download(const Download& wanted, DownloadObserver& observer) {
  check_can_download();
  const std::string name = published_name(wanted.file);
  const std::string path = (std::filesystem::path(wanted.folder) / name).string();
  Part part(path + ".part");
  std::string problems;
  for (const std::string& url : wanted.urls) {
    Downloaded result{.url = url};
    const std::string problem = fetch_from(url, wanted, part, result.resumed_at, observer);
    if (problem.empty()) {
      part.finish(path);
      return result;
    }
    if (&url != &wanted.urls.back()) observer.on_problem(url, problem);
    problems.append("\n  ").append(url).append(": ").append(problem);
  }
  std::string kept;
  if (part.size() > 0) {
    kept = concat("\nkept are ", text::counted(part.size(), "byte"), " in ", part.path(),
                  "; the next call goes on from there");
  }
  throw DataError(concat("cannot download ", name, ":", problems, kept,
                         "\ntry again later, name another server with --url, or put the file into ",
                         wanted.folder));
}

}  // namespace autonet::cli
