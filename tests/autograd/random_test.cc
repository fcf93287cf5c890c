#include "autonet/autograd/random.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "autograd/philox.h"
#include "autonet/autograd/error.h"

namespace autonet {
namespace {

using Words = std::array<std::uint32_t, 4>;

TEST_CASE("philox gives the known answers of Random123's kat_vectors") {
  CHECK(internal::philox({0, 0, 0, 0}, {0, 0}) ==
        Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const std::uint32_t ones = 0xffffffff;
  CHECK(internal::philox({ones, ones, ones, ones}, {ones, ones}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(internal::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                         {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream is the words of its blocks, low word first") {
  Random random(0, 0);
  CHECK(random.bits() == 0xe169c58d6627e8d5ULL);
  CHECK(random.bits() == 0x9b00dbd8bc57ac4cULL);
  const Words second = internal::philox({1, 0, 0, 0}, {0, 0});
  CHECK(random.bits() == (std::uint64_t{second[0]} | std::uint64_t{second[1]} << 32));
}

TEST_CASE("all 64 bits of seed and stream count") {
  const std::uint64_t plain = Random(1, 2).bits();
  CHECK(Random(1, 2).bits() == plain);
  CHECK(Random(1 + (1ULL << 32), 2).bits() != plain);
  CHECK(Random(1, 2 + (1ULL << 32)).bits() != plain);
  CHECK(Random(2, 1).bits() != plain);
}

TEST_CASE("a copy continues from the same position, independently") {
  Random first(7);
  first.bits();
  Random second = first;
  const std::uint64_t next = first.bits();
  CHECK(second.bits() == next);
  first.normal();
  second = first;  // copies the second number of a Box-Muller pair too
  CHECK(second.normal() == first.normal());
}

TEST_CASE("uniform lies in [0, 1) with the mean and variance of the uniform distribution") {
  Random random(3);
  double sum = 0;
  double squares = 0;
  const int count = 100000;
  for (int i = 0; i < count; ++i) {
    const double u = random.uniform();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
    squares += u * u;
  }
  const double mean = sum / count;
  CHECK(std::abs(mean - 0.5) < 0.004);  // four standard errors: 4 * 0.289 / sqrt(count)
  CHECK(std::abs(squares / count - mean * mean - 1.0 / 12) < 0.001);
}

TEST_CASE("normal has mean 0, variance 1 and kurtosis 3") {
  Random random(4);
  double sum = 0;
  double squares = 0;
  double fourths = 0;
  const int count = 100000;
  for (int i = 0; i < count; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
    fourths += x * x * x * x;
  }
  CHECK(std::abs(sum / count) < 0.013);
  CHECK(std::abs(squares / count - 1) < 0.018);
  CHECK(std::abs(fourths / count - 3) < 0.13);
}

TEST_CASE("below reaches every number about equally often") {
  Random random(5);
  CHECK(random.below(1) == 0);
  std::array<int, 7> hits{};
  for (int i = 0; i < 70000; ++i) ++hits.at(random.below(7));
  for (int count : hits) CHECK(std::abs(count - 10000) < 400);
  // Just above 2^63 half of all words are rejected; the others must be below the bound.
  const std::uint64_t large = (1ULL << 63) + 1;
  for (int i = 0; i < 100; ++i) CHECK(random.below(large) < large);
}

TEST_CASE("below(0) and a permutation of a negative count are errors") {
  Random random(5);
  CHECK_THROWS_WITH_AS(random.below(0), "random: below() needs a count of at least 1, got 0",
                       Error);
  CHECK_THROWS_WITH_AS(permutation(-1, 1, 1), "permutation: the count must not be negative, got -1",
                       Error);
}

TEST_CASE("a permutation holds every number once and depends on seed and stream") {
  const std::vector<Index> order = permutation(1000, 1, 2);
  std::vector<Index> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (Index i = 0; i < 1000; ++i) REQUIRE(sorted[static_cast<size_t>(i)] == i);
  CHECK(order == permutation(1000, 1, 2));
  CHECK(order != permutation(1000, 2, 2));
  CHECK(order != permutation(1000, 1, 3));
  CHECK(order != sorted);
  CHECK(permutation(0, 1, 1).empty());
  CHECK(permutation(1, 1, 1) == std::vector<Index>{0});
}

TEST_CASE("all 24 permutations of four numbers occur") {
  std::vector<std::vector<Index>> seen;
  for (std::uint64_t seed = 0; seed < 400; ++seed) seen.push_back(permutation(4, seed, 0));
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  CHECK(seen.size() == 24);
}

TEST_CASE("stream_of is FNV-1a") {
  CHECK(stream_of("") == 0xcbf29ce484222325ULL);
  CHECK(stream_of("a") == 0xaf63dc4c8601ec8cULL);
  CHECK(stream_of("foobar") == 0x85944171f73967e8ULL);
}

}  // namespace
}  // namespace autonet
