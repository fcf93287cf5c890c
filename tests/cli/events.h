#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace autonet {

/// The steps of the whole records in all files of events of a folder. A record that a kill has cut
/// at the end of a file is left out, as TensorBoard does. Assumes that time and step come first.
inline std::multiset<std::int64_t> epochs_in_events(const std::string& folder) {
  std::multiset<std::int64_t> steps;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    for (size_t at = 0; at + 16 <= bytes.size();) {
      std::uint64_t size = 0;
      std::memcpy(&size, bytes.data() + at, sizeof size);
      if (size > bytes.size() - at - 16) break;
      const char* const event = bytes.data() + at + 12;
      if (size > 10 && event[9] == 2 << 3) steps.insert(event[10]);  // a step below 128
      at += 16 + size;
    }
  }
  return steps;
}

}  // namespace autonet
