#pragma once

#include "ops/cpu/pool.h"

namespace autonet::cpu {

/// The sizes of one call, and the taps of a window that meet the image.
struct WindowTaps {
  Index rows, cols, channels, out_rows, out_cols;
  KernelSize kernel;
  Window window;

  WindowTaps(const Shape& x, const Shape& y, const KernelSize& size, const Window& p)
      : rows(x[1]),
        cols(x[2]),
        channels(x[3]),
        out_rows(y[1]),
        out_cols(y[2]),
        kernel(size),
        window(p) {}

  /// The row (or column) of x that tap `tap` meets at output `out`; -1 where there is none.
  static Index place(Index out, Index tap, const AxisWindow& p, Index n) {
    const Index spread = out * p.stride + tap * p.kernel_dilation - p.lo;
    // Divisions would cost more than the pooling.
    if (p.input_dilation == 1) return spread >= 0 && spread < n ? spread : -1;
    if (spread < 0 || spread % p.input_dilation != 0) return -1;
    return spread / p.input_dilation < n ? spread / p.input_dilation : -1;
  }
  /// The number of taps of output (i, j) that meet a pixel, if that is no more than `most`; their
  /// pixels are written to `pixels` in row-major order. -1 if there are more.
  int meet(Index i, Index j, Index* pixels, int most) const {
    int count = 0;
    for (Index r = 0; r < kernel.rows; ++r) {
      const Index row = place(i, r, window.rows, rows);
      if (row < 0) continue;
      for (Index s = 0; s < kernel.cols; ++s) {
        const Index col = place(j, s, window.cols, cols);
        if (col < 0) continue;
        if (count == most) return -1;
        pixels[count++] = row * cols + col;
      }
    }
    return count;
  }
  /// visit(tap, pixel) for each tap of output (i, j) that meets a pixel, in row-major order.
  template <typename Visit>
  void taps(Index i, Index j, Visit visit) const {
    for (Index r = 0; r < kernel.rows; ++r) {
      const Index row = place(i, r, window.rows, rows);
      if (row < 0) continue;
      for (Index s = 0; s < kernel.cols; ++s) {
        const Index col = place(j, s, window.cols, cols);
        if (col >= 0) visit(r * kernel.cols + s, row * cols + col);
      }
    }
  }
};

}  // namespace autonet::cpu
