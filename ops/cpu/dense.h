#pragma once

#include <array>
#include <cstddef>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"

namespace autonet::cpu {

/// Contiguous numbers of several arrays: each array's own where it is contiguous, else a copy in
/// the context's shared scratch memory, valid until that memory is requested again. Behind the
/// copies are `extra` aligned bytes for the caller.
template <int kArrays>
class Dense {
 public:
  Dense(Context& context, const std::array<const Array*, kArrays>& arrays, std::size_t extra = 0) {
    std::size_t total = 0;
    for (const Array* array : arrays) total += array->is_contiguous() ? 0 : padded(*array);
    std::byte* memory = total + extra > 0 ? context.shared_scratch(total + extra) : nullptr;
    for (size_t i = 0; i < kArrays; ++i) {
      const Array& array = *arrays[i];
      if (array.is_contiguous()) {
        first_[i] = array.raw();
        continue;
      }
      Array copy = Array::wrap(memory, array.type(), nullptr);
      copy.copy_from(array);
      first_[i] = memory;
      memory += padded(array);
    }
    extra_ = memory;
  }

  template <typename T>
  const T* data(int i) const {
    return static_cast<const T*>(first_[static_cast<size_t>(i)]);
  }
  std::byte* extra() const { return extra_; }

 private:
  static std::size_t padded(const Array& array) { return (array.type().bytes() + 63) / 64 * 64; }

  std::array<const void*, kArrays> first_{};
  std::byte* extra_ = nullptr;
};

}  // namespace autonet::cpu
