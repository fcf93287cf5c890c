#pragma once

#include "autograd/shape.h"

namespace autonet::cpu {

/// What is done to a sum of products while it is still in registers, instead of in a pass of its
/// own over memory. The numbers are those of the separate passes, bit for bit.
///
///     y = sum + bias[k]         where there is a bias, one number an output channel
///     y = max(y, 0)             with relu
///     y = gate > 0 ? y : 0      where there is a gate, an array of y's own layout
template <typename T>
struct Epilogue {
  const T* bias = nullptr;
  bool relu = false;
  const T* gate = nullptr;

  /// The same for a part of y that starts `columns` channels and `numbers` numbers further on.
  Epilogue at(Index columns, Index numbers) const {
    return {bias == nullptr ? nullptr : bias + columns, relu,
            gate == nullptr ? nullptr : gate + numbers};
  }
};

}  // namespace autonet::cpu
