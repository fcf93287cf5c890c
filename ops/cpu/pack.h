#pragma once

#include <algorithm>
#include <cstring>

#include "autograd/shape.h"
#include "ops/window.h"

namespace autonet::cpu {

/// How a [rows, columns, channels] image lies in memory.
template <typename T>
struct ImageView {
  const T* first = nullptr;
  Index rows = 0, cols = 0, channels = 0;
  Index row_stride = 0, col_stride = 0, channel_stride = 0;
};

/// Writes the window on the zero-extended, input-dilated image that the kernel sees, `rows` by
/// `cols` positions starting at -lo, densely as [rows, cols, channels].
template <typename T>
void copy_window(const ImageView<T>& x, const Window& window, Index rows, Index cols, T* out) {
  const AxisWindow& p = window.rows;
  const AxisWindow& q = window.cols;
  const Index row_size = cols * x.channels;
  for (Index i = 0; i < rows; ++i) {
    T* to = out + i * row_size;
    const Index row = i - p.lo;
    std::fill(to, to + row_size, T{0});
    if (row < 0 || row % p.input_dilation != 0 || row / p.input_dilation >= x.rows) continue;
    const T* from = x.first + row / p.input_dilation * x.row_stride;
    // The columns of x that the window shows: position lo + column · dilation must lie in it.
    const Index e = q.input_dilation;
    const Index begin = q.lo >= 0 ? 0 : (-q.lo + e - 1) / e;
    const Index end = std::min(x.cols, cols - q.lo <= 0 ? 0 : (cols - q.lo - 1) / e + 1);
    if (e == 1 && x.channel_stride == 1 && x.col_stride == x.channels) {
      if (end > begin) {
        std::memcpy(to + (begin + q.lo) * x.channels, from + begin * x.col_stride,
                    static_cast<size_t>((end - begin) * x.channels) * sizeof(T));
      }
      continue;
    }
    for (Index j = begin; j < end; ++j) {
      T* pixel = to + (q.lo + j * e) * x.channels;
      const T* source = from + j * x.col_stride;
      for (Index c = 0; c < x.channels; ++c) pixel[c] = source[c * x.channel_stride];
    }
  }
}

/// Copies a matrix of `count` rows and `columns` columns into rows of `width` numbers, zeros
/// behind.
template <typename T>
void pack_panel(const T* b, Index count, Index row_stride, Index column_stride, Index columns,
                Index width, T* out) {
  for (Index t = 0; t < count; ++t) {
    const T* from = b + t * row_stride;
    T* to = out + t * width;
    if (column_stride == 1) {
      std::memcpy(to, from, static_cast<size_t>(columns) * sizeof(T));
    } else {
      for (Index k = 0; k < columns; ++k) to[k] = from[k * column_stride];
    }
    std::fill(to + columns, to + width, T{0});
  }
}

constexpr Index round_up(Index value, Index step) {
  return (value + step - 1) / step * step;
}

}  // namespace autonet::cpu
