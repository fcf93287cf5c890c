#pragma once

#include "autonet/autograd/array.h"
#include "autonet/autograd/function_ref.h"

namespace autonet::cpu {

/// What is done to the output of a convolution or a matrix product in the same pass, while its sums
/// are in registers or in cache. The numbers are those of separate passes, bit for bit.
struct Following {
  const Array* bias = nullptr;  // [channels of y], contiguous
  bool relu = false;
  const Array* gate = nullptr;  // as large as y, contiguous

  /// Called when image n of y is finished: each(n, its numbers, scratch), on any worker. With it y
  /// may be without data: then an image's numbers live until the call returns. `scratch` has
  /// scratch_bytes.
  const FunctionRef<Index, void*, std::byte*>* each_image = nullptr;
  std::size_t scratch_bytes = 0;
};

/// What is done to each sum of products, in this order (epilogue_vectors.h is the formula in code):
///
///     y = sum + bias[k]         where there is a bias, one number an output channel
///     y = y < 0 ? 0 : y         with relu; a NaN stays a NaN
///     y = gate <= 0 ? 0 : y     where there is a gate, an array of y's own layout; as relu, a
///                               gate that is NaN changes nothing
template <typename T>
struct Epilogue {
  const T* bias = nullptr;
  bool relu = false;
  const T* gate = nullptr;

  Epilogue() = default;
  explicit Epilogue(const Following& following)
      : bias(following.bias == nullptr ? nullptr : following.bias->data<T>()),
        relu(following.relu),
        gate(following.gate == nullptr ? nullptr : following.gate->data<T>()) {}

  bool empty() const { return bias == nullptr && !relu && gate == nullptr; }
  /// The same for a part of y that starts `columns` channels and `numbers` numbers further on.
  Epilogue at(Index columns, Index numbers) const {
    Epilogue part = *this;
    if (bias != nullptr) part.bias += columns;
    if (gate != nullptr) part.gate += numbers;
    return part;
  }
};

/// Does the epilogue in a pass of its own over y [rows, columns], for routines that cannot do it in
/// registers.
void apply(const Epilogue<float>& epilogue, float* y, Index rows, Index columns);
void apply(const Epilogue<double>& epilogue, double* y, Index rows, Index columns);

}  // namespace autonet::cpu
