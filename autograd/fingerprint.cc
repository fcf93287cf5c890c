#include "autograd/fingerprint.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace autonet::internal {
namespace {

constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15;  // 2^64 over the golden ratio, odd

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * kFactor;
  return hash ^ hash >> 29;
}

}  // namespace

std::uint64_t fingerprint_of(const Array& array) {
  const Array packed = array.contiguous();
  const auto* bytes = static_cast<const std::byte*>(packed.raw());
  std::size_t left = packed.type().bytes();
  // Four hashes side by side, as each waits for its own last product.
  std::array<std::uint64_t, 4> hashes{1, 2, 3, 4};
  for (; left >= sizeof hashes; left -= sizeof hashes, bytes += sizeof hashes) {
    std::array<std::uint64_t, 4> words;
    std::memcpy(words.data(), bytes, sizeof words);
    for (std::size_t i = 0; i < words.size(); ++i) hashes[i] = mix(hashes[i], words[i]);
  }
  std::uint64_t hash = left;
  for (; left > 0; --left, ++bytes) hash = mix(hash, std::to_integer<std::uint64_t>(*bytes));
  for (const std::uint64_t part : hashes) hash = mix(hash, part);
  return hash;
}

}  // namespace autonet::internal
