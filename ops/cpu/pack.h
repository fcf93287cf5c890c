#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include "autonet/autograd/shape.h"
#include "autonet/ops/window.h"

namespace autonet::cpu {

/// The layout of an image [rows, columns, channels] in memory.
template <typename T>
struct ImageView {
  const T* first = nullptr;
  Index rows = 0, cols = 0, channels = 0;
  Index row_stride = 0, col_stride = 0, channel_stride = 0;
};

/// Copies the window on the zero-extended, input-dilated image that the kernel slides over, `rows`
/// by `cols` positions starting at -lo, to `out` [rows, cols, width], width >= channels. Only
/// pixels of the image are written: `out` must hold zeros elsewhere, and still does after another
/// image of the same window.
template <typename T>
void copy_window(const ImageView<T>& x, const Window& window, Index rows, Index cols, T* out,
                 Index width) {
  const AxisWindow& p = window.rows;
  const AxisWindow& q = window.cols;
  // The positions of x inside the window: those with 0 <= lo + position · dilation < length.
  const auto shown = [](const AxisWindow& a, Index n, Index length) {
    const Index e = a.input_dilation;
    const Index begin = a.lo >= 0 ? 0 : (-a.lo + e - 1) / e;
    const Index end = std::min(n, length - a.lo <= 0 ? 0 : (length - a.lo - 1) / e + 1);
    return std::pair(begin, std::max(begin, end));
  };
  const auto [first_row, last_row] = shown(p, x.rows, rows);
  const auto [first_col, last_col] = shown(q, x.cols, cols);
  const bool dense = q.input_dilation == 1 && x.channel_stride == 1 && x.col_stride == x.channels &&
                     width == x.channels;
  for (Index i = first_row; i < last_row; ++i) {
    T* to = out + ((p.lo + i * p.input_dilation) * cols + q.lo) * width;
    const T* from = x.first + i * x.row_stride;
    if (dense) {
      std::memcpy(to + first_col * width, from + first_col * width,
                  static_cast<size_t>((last_col - first_col) * width) * sizeof(T));
      continue;
    }
    for (Index j = first_col; j < last_col; ++j) {
      T* pixel = to + j * q.input_dilation * width;
      const T* source = from + j * x.col_stride;
      if (x.channel_stride == 1 && x.channels == 8) {
        std::memcpy(pixel, source, 8 * sizeof(T));  // a few instructions, as the length is constant
      } else if (x.channel_stride == 1 && x.channels == 16) {
        std::memcpy(pixel, source, 16 * sizeof(T));
      } else {
        for (Index c = 0; c < x.channels; ++c) pixel[c] = source[c * x.channel_stride];
      }
    }
  }
}

/// Copies a matrix of `count` rows and `columns` columns into rows of `width` numbers, filled up
/// with zeros.
template <typename T>
void pack_panel(const T* b, Index count, Index row_stride, Index column_stride, Index columns,
                Index width, T* out) {
  for (Index t = 0; t < count; ++t) {
    const T* from = b + t * row_stride;
    T* to = out + t * width;
    if (column_stride == 1 && columns == 32) {
      std::memcpy(to, from, 32 * sizeof(T));  // a few instructions, as the length is constant
    } else if (column_stride == 1) {
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
