#include "autograd/available_memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

// Sources: proc(5), getrlimit(2), and the kernel's documentation of cgroup v1 and v2.

namespace autonet::internal {
namespace {

/// A number alone in a file; nothing if it cannot be read or is "max".
std::optional<std::uint64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

/// The kibibytes behind the first of these keys in a file like /proc/meminfo, as bytes.
std::optional<std::uint64_t> bytes_behind(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    std::uint64_t kibibytes = 0;
    if (word == key && file >> kibibytes) return kibibytes * 1024;
  }
  return std::nullopt;
}

std::uint64_t difference(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : 0;
}

/// What a limit of a control group leaves. Pages of files count as used there, but are given back.
std::optional<std::uint64_t> left_in_group(const std::string& folder, const char* limit_name,
                                           const char* used_name, const std::string& key) {
  const auto limit = number_in(folder + limit_name);
  const auto used = number_in(folder + used_name);
  if (!limit || !used) return std::nullopt;
  std::ifstream stat(folder + "memory.stat");
  std::uint64_t files = 0;
  for (std::string word; stat >> word;) {
    if (word == key && stat >> files) break;
  }
  return difference(*limit, difference(*used, files));
}

}  // namespace

std::size_t available_memory() {
  const char* const ignored = std::getenv("AUTONET_IGNORE_MEMORY");
  if (ignored != nullptr && *ignored != '\0') return SIZE_MAX;
  std::uint64_t least = SIZE_MAX;
  const auto take = [&](std::optional<std::uint64_t> bytes) {
    if (bytes) least = std::min(least, *bytes);
  };
  if (const auto free = bytes_behind("/proc/meminfo", "MemAvailable:")) {
    take(*free + bytes_behind("/proc/meminfo", "SwapFree:").value_or(0));
  }
  // In a container, its own group is seen at the root.
  take(left_in_group("/sys/fs/cgroup/", "memory.max", "memory.current", "inactive_file"));
  take(left_in_group("/sys/fs/cgroup/memory/", "memory.limit_in_bytes", "memory.usage_in_bytes",
                     "total_inactive_file"));
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    take(difference(limit.rlim_cur, bytes_behind("/proc/self/status", "VmSize:").value_or(0)));
  }
  if (::getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    take(difference(limit.rlim_cur, bytes_behind("/proc/self/status", "VmData:").value_or(0)));
  }
  return static_cast<std::size_t>(least);
}

}  // namespace autonet::internal
