#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace autonet::internal {

/// A buffer that must hold its bytes from step `first` to step `last`, both included.
struct Lifetime {
  std::size_t bytes = 0;
  std::size_t first = 0;
  std::size_t last = 0;
};

/// Where each buffer lies in one block of memory.
struct ArenaPlan {
  std::vector<std::size_t> offsets;  // multiples of 64
  std::size_t bytes = 0;             // of the block
  std::size_t visited = 0;           // buffers looked at: a measure of the planning work
};

/// Places buffers so that those alive at the same step never overlap, largest first, each at the
/// lowest free offset (the greedy-by-size order of Y. Pisarchyk, J. Lee, "Efficient Memory
/// Management for Deep Neural Net Inference", arXiv:2001.03288). Buffers of equal size are placed
/// in the order given, which should be that of their first steps: n buffers of d sizes then take
/// time of order n log n + d n. Throws Error if the block would not fit the address space.
ArenaPlan plan_arena(std::span<const Lifetime> buffers);

}  // namespace autonet::internal
