#pragma once

#include <algorithm>

#include "ops/cpu/pool.h"

namespace autonet::cpu {

/// The sizes of a pooling or a gathering of patches, and the taps of its windows inside the image.
struct WindowTaps {
  /// The outputs [first, last) whose taps are all inside the image, along one axis without input
  /// dilation.
  struct Inner {
    Index first = 0, last = 0;
    bool contains(Index out) const { return out >= first && out < last; }
  };
  static Inner inner(const AxisWindow& p, Index k, Index n, Index m) {
    const Index room =
        n + p.lo -
        internal::dilated(k, p.kernel_dilation);  // the last start of such a window, from -lo
    const Index first = p.lo > 0 ? (p.lo + p.stride - 1) / p.stride : 0;
    return {first,
            std::clamp<Index>(room < 0 ? 0 : room / p.stride + 1, first, std::max(first, m))};
  }

  Index rows, cols, channels, out_rows, out_cols;
  KernelSize kernel;
  Window window;

  // For windows of four taps, which most models have: the outputs whose taps are all inside the
  // image, and the distances of the taps from the first, in pixels.
  Inner inner_rows, inner_cols;
  Index four[4] = {};

  WindowTaps(const Shape& x, const Shape& y, const KernelSize& size, const Window& p)
      : rows(x[1]),
        cols(x[2]),
        channels(x[3]),
        out_rows(y[1]),
        out_cols(y[2]),
        kernel(size),
        window(p) {
    if (kernel.rows * kernel.cols != 4 || p.rows.input_dilation != 1 ||
        p.cols.input_dilation != 1) {
      return;
    }
    inner_rows = inner(p.rows, kernel.rows, rows, out_rows);
    inner_cols = inner(p.cols, kernel.cols, cols, out_cols);
    for (Index tap = 0; tap < 4; ++tap) {
      four[tap] = tap / kernel.cols * p.rows.kernel_dilation * cols +
                  tap % kernel.cols * p.cols.kernel_dilation;
    }
  }
  /// The pixel of the first of the four taps of output (i, j); -1 if they are not all inside the
  /// image.
  Index first_of_four(Index i, Index j) const {
    if (!inner_rows.contains(i) || !inner_cols.contains(j)) return -1;
    return (i * window.rows.stride - window.rows.lo) * cols + j * window.cols.stride -
           window.cols.lo;
  }

  /// True if no two windows share a pixel.
  bool disjoint() const {
    return window.rows.stride >= internal::dilated(kernel.rows, window.rows.kernel_dilation) &&
           window.cols.stride >= internal::dilated(kernel.cols, window.cols.kernel_dilation);
  }
  /// True if the windows tile the image exactly.
  bool tiles() const {
    const auto whole = [](const AxisWindow& p, Index k, Index n, Index m) {
      return p.stride == k && p.kernel_dilation == 1 && p.lo == 0 && m * k == n;
    };
    return whole(window.rows, kernel.rows, rows, out_rows) &&
           whole(window.cols, kernel.cols, cols, out_cols);
  }

  /// The row (or column) of x under tap `tap` of output `out`; -1 where there is none.
  static Index place(Index out, Index tap, const AxisWindow& p, Index n) {
    const Index spread = out * p.stride + tap * p.kernel_dilation - p.lo;
    // Without input dilation no division, which would cost more than the pooling.
    if (p.input_dilation == 1) return spread >= 0 && spread < n ? spread : -1;
    if (spread < 0 || spread % p.input_dilation != 0) return -1;
    return spread / p.input_dilation < n ? spread / p.input_dilation : -1;
  }
  /// visit(tap, pixel) for each tap of output (i, j) inside the image, in row-major order.
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
