#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace autonet {

/// A buffer that must hold its bytes from step `first` to step `last`, both included.
struct Lifetime {
  std::size_t bytes = 0;
  std::size_t first = 0;
  std::size_t last = 0;
};

/// Where each buffer lies in one block of memory.
struct ArenaPlan {
  std::vector<std::size_t> offsets;  // multiples of 64
  std::size_t bytes = 0;
};

/// Places buffers so that those alive at the same step never overlap, largest first, each at the
/// lowest free offset (the greedy-by-size order of Y. Pisarchyk, J. Lee, "Efficient Memory
/// Management for Deep Neural Net Inference", arXiv:2001.03288).
ArenaPlan plan_arena(std::span<const Lifetime> buffers);

}  // namespace autonet
