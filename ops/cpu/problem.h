#pragma once

#include "autograd/array.h"
#include "ops/window.h"

namespace autonet::cpu {

/// Everything the two loop orders need to know, in elements.
template <typename T>
struct Problem {
  Window window;
  Index images, rows, cols, channels;               // of x; channels in one group
  Index kernel_rows, kernel_cols, groups, outputs;  // outputs in one group
  Index out_rows, out_cols;
  const T* x;
  Index x_image, x_row, x_col, x_channel;  // strides
  const T* w;
  Index w_row, w_col, w_channel, w_output;  // strides
  T* y;
  Index seen_rows, seen_cols;  // of the window that the kernel sees

  Problem(const Array& xs, const Array& ws, const Window& p, Array& ys)
      : window(p),
        images(xs.shape()[0]),
        rows(xs.shape()[1]),
        cols(xs.shape()[2]),
        channels(ws.shape()[2]),
        kernel_rows(ws.shape()[0]),
        kernel_cols(ws.shape()[1]),
        groups(p.groups),
        outputs(ws.shape()[3] / p.groups),
        out_rows(ys.shape()[1]),
        out_cols(ys.shape()[2]),
        x(xs.data<T>()),
        x_image(xs.stride(0)),
        x_row(xs.stride(1)),
        x_col(xs.stride(2)),
        x_channel(xs.stride(3)),
        w(ws.data<T>()),
        w_row(ws.stride(0)),
        w_col(ws.stride(1)),
        w_channel(ws.stride(2)),
        w_output(ws.stride(3)),
        y(ys.has_data() ? ys.data<T>() : nullptr),
        seen_rows((out_rows - 1) * p.rows.stride + dilated(kernel_rows, p.rows.kernel_dilation)),
        seen_cols((out_cols - 1) * p.cols.stride + dilated(kernel_cols, p.cols.kernel_dilation)) {}

  double multiply_adds() const {
    return static_cast<double>(images * out_rows * out_cols) *
           static_cast<double>(kernel_rows * kernel_cols * channels * groups * outputs);
  }
  /// Does the kernel see x itself, without zeros around or between?
  bool plain() const {
    const auto inside = [](const AxisWindow& p, Index seen, Index n) {
      return p.input_dilation == 1 && p.lo <= 0 && seen - p.lo <= n;
    };
    return inside(window.rows, seen_rows, rows) && inside(window.cols, seen_cols, cols);
  }
};

}  // namespace autonet::cpu
