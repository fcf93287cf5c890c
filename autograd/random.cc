#include "autonet/autograd/random.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "autograd/philox.h"
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet {

std::uint64_t Random::bits() {
  // One block gives two 64-bit words; the counter is (block number, stream), the key the seed.
  if (position_ % 2 == 0) {
    const std::uint64_t block = position_ / 2;
    block_ = internal::philox(
        {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
         static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)},
        {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
  }
  const size_t first = position_ % 2 == 0 ? 0 : 2;
  ++position_;
  return std::uint64_t{block_[first]} | std::uint64_t{block_[first + 1]} << 32;
}

double Random::uniform() {
  return static_cast<double>(bits() >> 11) * 0x1p-53;
}

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

std::uint64_t Random::below(std::uint64_t count) {
  if (count == 0) throw Error("random: below() needs a count of at least 1, got 0");
  const std::uint64_t excess = (0 - count) % count;  // 2^64 mod count
  std::uint64_t word = bits();
  while (word < excess) word = bits();
  return word % count;
}

std::vector<Index> permutation(Index count, std::uint64_t seed, std::uint64_t stream) {
  if (count < 0)
    throw Error(text::concat("permutation: the count must not be negative, got ", count));
  std::vector<Index> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  Random random(seed, stream);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

std::uint64_t stream_of(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char letter : name) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3ULL;
  }
  return hash;
}

}  // namespace autonet
