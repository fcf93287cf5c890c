#include "autograd/arena.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"

namespace autonet {
namespace {

using internal::ArenaPlan;
using internal::Lifetime;
using internal::plan_arena;

std::size_t rounded(std::size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

bool together(const Lifetime& a, const Lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

/// The definition: largest first, each at the lowest offset that no buffer alive with it covers.
std::vector<std::size_t> plain_offsets(std::span<const Lifetime> buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order,
                           [&](auto a, auto b) { return buffers[a].bytes > buffers[b].bytes; });
  std::vector<std::size_t> offsets(buffers.size());
  for (auto next = order.begin(); next != order.end(); ++next) {
    const std::size_t size = rounded(buffers[*next].bytes);
    std::size_t& offset = offsets[*next];
    for (auto other = order.begin(); other != next;) {
      const std::size_t begin = offsets[*other];
      const std::size_t end = begin + rounded(buffers[*other].bytes);
      if (together(buffers[*next], buffers[*other]) && begin < offset + size && offset < end) {
        offset = end;
        other = order.begin();  // look at all of them again
      } else {
        ++other;
      }
    }
  }
  return offsets;
}

/// The values of n calls of which half belong to a gradient: forward values live until their rules
/// read them, in the opposite order, some twice as long; backward values live for a step.
std::vector<Lifetime> training_step(std::size_t n, std::span<const std::size_t> sizes) {
  std::vector<Lifetime> buffers;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t bytes = sizes[i * 7 % sizes.size()];
    const std::size_t mirrored = i % 3 == 0 ? n - i : n - i - (n / 2 - i) / 2;
    buffers.push_back({bytes, i, i < n / 2 ? mirrored : i + 1});
  }
  return buffers;
}

}  // namespace

TEST_CASE("each buffer lies at the lowest free offset, larger ones first") {
  constexpr std::uint64_t kSeed = 3;
  CAPTURE(kSeed);
  Random random(kSeed);
  for (int trial = 0; trial < 3000; ++trial) {
    std::vector<Lifetime> buffers(random.below(40));
    const std::uint64_t sizes = 1 + random.below(trial % 2 == 0 ? 4 : 1000);
    const std::uint64_t longest = 1 + random.below(30);
    for (Lifetime& buffer : buffers) {
      buffer.bytes = random.below(sizes) * (trial % 4 < 2 ? 50 : 1);
      buffer.first = random.below(30);
      buffer.last = buffer.first + random.below(longest);
    }
    if (trial % 3 > 0) std::ranges::stable_sort(buffers, {}, &Lifetime::first);
    const ArenaPlan plan = plan_arena(buffers);
    CHECK(plan.offsets == plain_offsets(buffers));
    std::size_t end = 0;
    for (size_t i = 0; i < buffers.size(); ++i) {
      CHECK(plan.offsets[i] % 64 == 0);
      if (buffers[i].bytes > 0) end = std::max(end, plan.offsets[i] + rounded(buffers[i].bytes));
      for (size_t j = 0; j < i; ++j) {
        const bool apart = plan.offsets[i] + buffers[i].bytes <= plan.offsets[j] ||
                           plan.offsets[j] + buffers[j].bytes <= plan.offsets[i];
        if (together(buffers[i], buffers[j]) && buffers[i].bytes * buffers[j].bytes > 0) {
          CHECK(apart);
        }
      }
    }
    CHECK(plan.bytes == end);
  }
}

TEST_CASE("the work grows as the number of buffers") {
  const std::vector<std::vector<std::size_t>> all_sizes{{4}, {4, 400}, {4, 4, 1000, 400, 8, 36}};
  for (const auto& sizes : all_sizes) {
    for (const std::size_t n : {1'000U, 10'000U, 100'000U}) {
      const ArenaPlan plan = plan_arena(training_step(n, sizes));
      INFO(sizes.size() << " sizes, " << n << " buffers, " << plan.visited << " visited");
      CHECK(plan.visited <= 8 * sizes.size() * n);
      CHECK(plan.bytes < sizes.size() * 400 * n);
    }
  }
}

TEST_CASE("buffers too large for the address space are refused") {
  const std::size_t huge = std::size_t{1} << 62;
  const std::vector<Lifetime> four(4, Lifetime{huge, 0, 1});
  CHECK_THROWS_WITH_AS(plan_arena(four), "program: its arrays do not fit the address space", Error);
  const std::vector<Lifetime> one{{~std::size_t{0}, 0, 0}};
  CHECK_THROWS_AS(plan_arena(one), Error);
}

}  // namespace autonet
