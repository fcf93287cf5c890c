#include <algorithm>

#include "ops/cpu/dense.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/pool.h"
#include "ops/cpu/taps.h"

namespace autonet::cpu {
namespace {

template <typename T>
void gather_of(Context& context, const Array& x, const KernelSize& kernel, const Window& window,
               Array& y) {
  const WindowTaps g(x.shape(), y.shape(), kernel, window);
  const Dense<1> dense(context, {&x});
  const Index x_size = g.rows * g.cols * g.channels;
  const Index patch = kernel.rows * kernel.cols * g.channels;
  const Index y_size = g.out_rows * g.out_cols * patch;
  T* out = y.data<T>();
  for_pieces(context, y.size() < kSmallMove, x.shape()[0], [&](Index n, int) {
    const T* image = dense.template data<T>(0) + n * x_size;
    T* rows = out + n * y_size;
    std::fill_n(rows, y_size, T{0});
    for (Index i = 0; i < g.out_rows; ++i) {
      for (Index j = 0; j < g.out_cols; ++j) {
        T* row = rows + (i * g.out_cols + j) * patch;
        g.taps(i, j, [&](Index tap, Index pixel) {
          std::copy_n(image + pixel * g.channels, g.channels, row + tap * g.channels);
        });
      }
    }
  });
}

template <typename T>
void scatter_of(Context& context, const Array& ybar, const KernelSize& kernel, const Window& window,
                Array& xbar) {
  const WindowTaps g(xbar.shape(), ybar.shape(), kernel, window);
  const Dense<1> dense(context, {&ybar});
  const Index x_size = g.rows * g.cols * g.channels;
  const Index patch = kernel.rows * kernel.cols * g.channels;
  const Index y_size = g.out_rows * g.out_cols * patch;
  T* out = xbar.data<T>();
  for_pieces(context, ybar.size() < kSmallMove, xbar.shape()[0], [&](Index n, int) {
    const T* rows = dense.template data<T>(0) + n * y_size;
    T* image = out + n * x_size;
    std::fill_n(image, x_size, T{0});
    for (Index i = 0; i < g.out_rows; ++i) {
      for (Index j = 0; j < g.out_cols; ++j) {
        const T* row = rows + (i * g.out_cols + j) * patch;
        g.taps(i, j, [&](Index tap, Index pixel) {
          T* to = image + pixel * g.channels;
          const T* from = row + tap * g.channels;
          for (Index c = 0; c < g.channels; ++c) to[c] += from[c];
        });
      }
    }
  });
}

}  // namespace

void gather_patches(Context& context, const Array& x, const KernelSize& kernel,
                    const Window& window, Array& y) {
  y.dtype() == DType::f32 ? gather_of<float>(context, x, kernel, window, y)
                          : gather_of<double>(context, x, kernel, window, y);
}

void scatter_patches(Context& context, const Array& ybar, const KernelSize& kernel,
                     const Window& window, Array& xbar) {
  xbar.dtype() == DType::f32 ? scatter_of<float>(context, ybar, kernel, window, xbar)
                             : scatter_of<double>(context, ybar, kernel, window, xbar);
}

}  // namespace autonet::cpu
