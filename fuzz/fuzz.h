#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::fuzz {

/// A regular file in memory with these bytes. It exists as long as this object.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (descriptor_ < 0) std::abort();
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written <= 0) std::abort();
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return text::concat("/proc/self/fd/", descriptor_); }

 private:
  int descriptor_;
};

/// Reads an input by `read`, which may refuse it with an error of type Refusal only. Any other
/// exception is not caught, and ends the program as a crash does.
template <typename Refusal, typename Read>
int one_input(const std::uint8_t* data, size_t size, const Read& read) {
  try {
    read(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const Refusal&) {
    // The input was refused with a text, as it should be.
  }
  return 0;
}

/// The same for a function that reads the file at a path.
template <typename Read>
int one_file(const std::uint8_t* data, size_t size, const Read& read) {
  return one_input<DataError>(data, size, [&](std::string_view bytes) {
    const MemoryFile file(bytes);
    read(file.path());
  });
}

}  // namespace autonet::fuzz

/// The body of a target: its input is called `bytes`, or for files `path`.
#define AUTONET_FUZZ_BYTES(Refusal, bytes, ...)                                            \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {           \
    return autonet::fuzz::one_input<Refusal>(data, size,                                   \
                                             [](std::string_view bytes) { __VA_ARGS__; }); \
  }
#define AUTONET_FUZZ_FILE(path, ...)                                                          \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {              \
    return autonet::fuzz::one_file(data, size, [](const std::string& path) { __VA_ARGS__; }); \
  }
