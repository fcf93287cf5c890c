#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace autonet::text {

/// The last `digits` hexadecimal digits of a number: "00ff" for 255 and 4.
inline std::string hexadecimal(std::uint64_t number, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i-- > 0; number >>= 4) text[i] = "0123456789abcdef"[number & 15];
  return text;
}

}  // namespace autonet::text
