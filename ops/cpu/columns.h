#pragma once

#include "autonet/autograd/context.h"
#include "autonet/autograd/shape.h"

namespace autonet::cpu {

/// sum[k] = x[0,k] + x[1,k] + … for contiguous x [rows, columns]. Rows 0, 4, 8, … are added, rows
/// 1, 5, 9, …, and so on, then the four sums: the same order for every column and instruction set.
void sum_columns(const float* x, Index rows, Index columns, float* sum);
void sum_columns(const double* x, Index rows, Index columns, double* sum);

/// The same for many rows, on all threads: the sums of blocks of rows, then their sum in order and
/// in double precision. Uses the context's shared scratch memory.
template <typename T>
void sum_columns(Context& context, const T* x, Index rows, Index columns, T* sum);

/// total[k] = parts[0,k] + parts[1,k] + …, in double precision.
template <typename T>
void add_parts(const T* parts, Index count, Index columns, T* total) {
  for (Index k = 0; k < columns; ++k) {
    double sum = 0.0;
    for (Index part = 0; part < count; ++part)
      sum += static_cast<double>(parts[part * columns + k]);
    total[k] = static_cast<T>(sum);
  }
}

}  // namespace autonet::cpu
