#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace autonet::internal {

/// The CRC-32 of bytes, as zip archives have it. Finds every change of at most 32 bits in a row,
/// and all but one in four billion of other changes.
class Checksum {
 public:
  void add(std::string_view bytes);
  std::uint32_t value() const { return value_; }
  /// The value as eight hexadecimal digits.
  std::string text() const;

 private:
  std::uint32_t value_ = 0;
};

}  // namespace autonet::internal
