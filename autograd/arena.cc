#include "autograd/arena.h"

#include <algorithm>
#include <numeric>

namespace autonet {

ArenaPlan plan_arena(std::span<const Lifetime> buffers) {
  constexpr std::size_t kAlignment = 64;
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order,
                           [&](auto a, auto b) { return buffers[a].bytes > buffers[b].bytes; });

  ArenaPlan plan;
  plan.offsets.resize(buffers.size());
  std::vector<std::size_t> placed;  // sorted by offset
  for (std::size_t next : order) {
    const Lifetime& buffer = buffers[next];
    const std::size_t bytes = (buffer.bytes + kAlignment - 1) / kAlignment * kAlignment;
    std::size_t offset = 0;
    for (std::size_t other : placed) {
      const Lifetime& o = buffers[other];
      if (o.last < buffer.first || buffer.last < o.first) continue;
      if (offset + bytes <= plan.offsets[other]) break;
      const std::size_t end =
          plan.offsets[other] + (o.bytes + kAlignment - 1) / kAlignment * kAlignment;
      offset = std::max(offset, end);
    }
    plan.offsets[next] = offset;
    plan.bytes = std::max(plan.bytes, offset + bytes);
    const auto at = std::ranges::upper_bound(placed, offset, {},
                                             [&](std::size_t i) { return plan.offsets[i]; });
    placed.insert(at, next);
  }
  return plan;
}

}  // namespace autonet
