#pragma once

#include "autonet/autograd/shape.h"
#include "ops/cpu/epilogue.h"

namespace autonet::cpu {

/// A run of terms of a sum: where it starts in a and in b, in elements.
struct Segment {
  Index a = 0;
  Index b = 0;
};

/// The sums of products that convolution, its two gradients and matmul are made of:
///
///     y[y_rows[m] + k] (+)= sum over segments g, t < run of
///                           a[rows[m] + g.a + t·a_step] · b[g.b + t·b_step + k]
///
/// for 0 <= m < row_count, 0 <= k < columns <= panel_width. b is read in whole vectors: from every
/// position, round_up(columns, vector_length) numbers must be readable.
template <typename T>
struct TileJob {
  const T* a = nullptr;
  const Index* rows = nullptr;
  Index row_count = 0;
  const T* b = nullptr;
  const Segment* segments = nullptr;
  Index segment_count = 0;
  Index run = 0;
  Index a_step = 0;
  Index b_step = 0;
  T* y = nullptr;
  const Index* y_rows = nullptr;
  Index columns = 0;
  bool accumulate = false;    // add to what y holds
  Epilogue<T> epilogue = {};  // applied to the sum; bias and gate start where y does
};

/// Runs the job on this thread, in tiles of a few rows by one panel whose sums are in registers,
/// with the best instructions of this machine. Each y is summed in the order of the formula.
void run_tiles(const TileJob<float>& job);
void run_tiles(const TileJob<double>& job);

/// The numbers in a vector register, and the columns of y that one tile covers.
Index vector_length(DType dtype);
Index panel_width(DType dtype);

}  // namespace autonet::cpu
