#pragma once

#include "autonet/autograd/array.h"
#include "autonet/ops/window.h"

namespace autonet::cpu {

/// The sizes and strides of one convolution, in elements: all that the choice of a routine depends
/// on.
struct Sizes {
  Window window;
  Index images, rows, cols, channels;               // of x; channels in one group
  Index kernel_rows, kernel_cols, groups, outputs;  // outputs in one group
  Index out_rows, out_cols;
  Index x_image, x_row, x_col, x_channel;   // strides
  Index w_row, w_col, w_channel, w_output;  // strides
  bool x_contiguous;
  Index seen_rows, seen_cols;  // of the window that the kernel slides over

  Sizes(const Array& x, const Array& w, const Window& p, const Shape& y)
      : window(p),
        images(x.shape()[0]),
        rows(x.shape()[1]),
        cols(x.shape()[2]),
        channels(w.shape()[2]),
        kernel_rows(w.shape()[0]),
        kernel_cols(w.shape()[1]),
        groups(p.groups),
        outputs(w.shape()[3] / p.groups),
        out_rows(y[1]),
        out_cols(y[2]),
        x_image(x.stride(0)),
        x_row(x.stride(1)),
        x_col(x.stride(2)),
        x_channel(x.stride(3)),
        w_row(w.stride(0)),
        w_col(w.stride(1)),
        w_channel(w.stride(2)),
        w_output(w.stride(3)),
        x_contiguous(x.is_contiguous()),
        seen_rows((out_rows - 1) * p.rows.stride +
                  internal::dilated(kernel_rows, p.rows.kernel_dilation)),
        seen_cols((out_cols - 1) * p.cols.stride +
                  internal::dilated(kernel_cols, p.cols.kernel_dilation)) {}

  double multiply_adds() const {
    return static_cast<double>(images * out_rows * out_cols) *
           static_cast<double>(kernel_rows * kernel_cols * channels * groups * outputs);
  }
  /// True if the window has stride 1 and no dilation.
  bool unit_steps() const {
    const auto unit = [](const AxisWindow& p) {
      return p.stride == 1 && p.kernel_dilation == 1 && p.input_dilation == 1;
    };
    return unit(window.rows) && unit(window.cols);
  }
  /// True if the window lies inside x and shows no zeros between its pixels.
  bool inside() const {
    const auto axis = [](const AxisWindow& p, Index seen, Index n) {
      return p.input_dilation == 1 && p.lo <= 0 && seen - p.lo <= n;
    };
    return axis(window.rows, seen_rows, rows) && axis(window.cols, seen_cols, cols);
  }
  /// True for the layout of a weight gradient, in which the batch plays the part of the channels:
  /// they lie apart in memory, and x's images side by side.
  bool batch_as_channels() const {
    return x_channel != 1 && groups == 1 &&
           (x_image == 1 || kernel_rows * kernel_cols >= out_rows * out_cols);
  }
};

/// One convolution: its sizes and its numbers. y may be null.
template <typename T>
struct Problem : Sizes {
  const T* x;
  const T* w;
  T* y;

  Problem(const Array& xs, const Array& ws, const Window& p, Array& ys)
      : Sizes(xs, ws, p, ys.shape()),
        x(xs.data<T>()),
        w(ws.data<T>()),
        y(ys.has_data() ? ys.data<T>() : nullptr) {}
};

}  // namespace autonet::cpu
