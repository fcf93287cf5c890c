#include "train/checksum.h"

#include <zlib.h>

#include <algorithm>

namespace autonet::internal {

void Checksum::add(std::string_view bytes) {
  uLong crc = value_;
  while (!bytes.empty()) {
    const size_t step = std::min<size_t>(bytes.size(), 1U << 30);  // zlib counts in 32 bits
    crc = crc32(crc, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(step));
    bytes.remove_prefix(step);
  }
  value_ = static_cast<std::uint32_t>(crc);
}

std::string Checksum::text() const {
  std::string digits(8, '0');
  std::uint32_t rest = value_;
  for (size_t i = digits.size(); i-- > 0; rest >>= 4) digits[i] = "0123456789abcdef"[rest & 15];
  return digits;
}

}  // namespace autonet::internal
