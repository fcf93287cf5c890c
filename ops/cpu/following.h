#pragma once

#include "ops/cpu/correlate.h"
#include "ops/cpu/epilogue.h"

namespace autonet::cpu {

template <typename T>
Epilogue<T> epilogue_of(const Following& following) {
  return {following.bias == nullptr ? nullptr : following.bias->data<T>(), following.relu,
          following.gate == nullptr ? nullptr : following.gate->data<T>()};
}

/// Does the epilogue in a pass of its own over y [rows, columns], for loop orders that cannot have
/// it done in registers.
template <typename T>
void follow(const Epilogue<T>& epilogue, T* y, Index rows, Index columns) {
  for (Index i = 0; i < rows * columns; ++i) {
    if (epilogue.bias != nullptr) y[i] += epilogue.bias[i % columns];
    if (epilogue.relu && y[i] < T{0}) y[i] = T{0};
    if (epilogue.gate != nullptr && !(epilogue.gate[i] > T{0})) y[i] = T{0};
  }
}

}  // namespace autonet::cpu
