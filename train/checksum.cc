#include "train/checksum.h"

#include <zlib.h>

#include <algorithm>

#include "text/hexadecimal.h"

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
  return text::hexadecimal(value_, 8);
}

}  // namespace autonet::internal
