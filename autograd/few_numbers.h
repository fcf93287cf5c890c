#pragma once

#include <cstddef>
#include <memory>

#include "autonet/autograd/array.h"

namespace autonet::internal {

/// Makes the arrays of a tape's values. Arrays of one or two numbers are cut from blocks, so that a
/// computation with single numbers does not pay for an allocation each. A block lives until the
/// last array in it is gone.
class FewNumbers {
 public:
  /// Like Array::uninitialized().
  Array uninitialized(const ArrayType& type) {
    if (type.bytes() > kBytes) return Array::uninitialized(type);
    if (block_ == nullptr || used_ == kPerBlock) {
      block_ = std::make_shared<Block>();
      used_ = 0;
    }
    std::byte* const place = block_->bytes + kBytes * used_++;
    return Array::wrap(place, type, std::shared_ptr<void>(block_, place));
  }

 private:
  static constexpr std::size_t kBytes = 16;
  static constexpr std::size_t kPerBlock = 64;
  struct alignas(kBytes) Block {
    std::byte bytes[kBytes * kPerBlock];
  };

  std::shared_ptr<Block> block_;
  std::size_t used_ = 0;
};

}  // namespace autonet::internal
