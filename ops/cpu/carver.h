#pragma once

#include <cstddef>

#include "autonet/autograd/shape.h"

namespace autonet::cpu {

/// Divides a block of scratch memory into parts, each aligned to 64 bytes.
class Carver {
 public:
  explicit Carver(std::byte* memory) : next_(memory) {}
  template <typename U>
  U* take(Index count) {
    U* part = reinterpret_cast<U*>(next_);
    next_ += size<U>(count);
    return part;
  }
  /// The bytes that take<U>(count) uses.
  template <typename U>
  static std::size_t size(Index count) {
    return (static_cast<std::size_t>(count) * sizeof(U) + 63) / 64 * 64;
  }

 private:
  std::byte* next_;
};

}  // namespace autonet::cpu
