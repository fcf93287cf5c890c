#pragma once

#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "autonet/autograd/error.h"
#include "cli/download.h"
#include "cli/sha256.h"
#include "tests/cli/run_program.h"

namespace autonet::cli {

/// A web server on this machine that serves the files of a folder and misbehaves as the address
/// says: see bad_server.py.
class BadServer {
 public:
  explicit BadServer(const TestFolder& folder) : folder_(folder) {
    process_ = ::fork();
    if (process_ == 0) {
      ::execlp("python3", "python3", AUTONET_SOURCE_DIR "/tests/cli/bad_server.py",
               folder.path().c_str(), folder.path("port").c_str(), folder.path("requests").c_str(),
               nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 2000 && !std::filesystem::exists(folder.path("port")); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    address_ = "http://127.0.0.1:" + folder.read("port") + "/";
  }
  ~BadServer() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  BadServer(const BadServer&) = delete;
  BadServer& operator=(const BadServer&) = delete;

  /// "http://127.0.0.1:12345/way"
  std::string address(const std::string& way) const { return address_ + way; }
  /// The requests so far, a line for each: "/cut/a.bin bytes=500-".
  std::string requests() const {
    return std::filesystem::exists(folder_.path("requests")) ? folder_.read("requests") : "";
  }

 private:
  const TestFolder& folder_;
  std::string address_;
  pid_t process_ = -1;
};

/// False, with a message, if something that these tests need is not there.
inline bool can_test_downloads() {
  try {
    check_can_download();
  } catch (const DataError& error) {
    MESSAGE("SKIPPED: " << error.what());
    return false;
  }
  ::setenv("no_proxy", "127.0.0.1", 1);
  if (std::system("command -v python3 > /dev/null 2>&1") == 0) return true;
  MESSAGE("SKIPPED: python3, which provides a web server, is not installed");
  return false;
}

}  // namespace autonet::cli
