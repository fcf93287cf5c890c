#include "ops/cpu/pool.h"

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "ops/cpu/dense.h"

// The loops over channels are plain C++, compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/pool.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#ifndef AUTONET_OPS_CPU_POOL_GEOMETRY
#define AUTONET_OPS_CPU_POOL_GEOMETRY
namespace autonet::cpu {

/// The sizes of one call, and the taps of a window that meet the image.
struct PoolGeometry {
  Index rows, cols, channels, out_rows, out_cols;
  KernelSize kernel;
  Window window;

  PoolGeometry(const Shape& x, const Shape& y, const KernelSize& size, const Window& p)
      : rows(x[1]),
        cols(x[2]),
        channels(x[3]),
        out_rows(y[1]),
        out_cols(y[2]),
        kernel(size),
        window(p) {}

  static Index place(Index out, Index tap, const AxisWindow& p, Index n) {
    const Index spread = out * p.stride + tap * p.kernel_dilation - p.lo;
    if (spread < 0 || spread % p.input_dilation != 0) return -1;
    return spread / p.input_dilation < n ? spread / p.input_dilation : -1;
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
#endif

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {

template <typename T>
void take_larger(const T* HWY_RESTRICT x, const T* HWY_RESTRICT u, T* HWY_RESTRICT best,
                 T* HWY_RESTRICT chosen, Index channels) {
  for (Index c = 0; c < channels; ++c) {
    const bool larger = (x[c] > best[c]) | (x[c] != x[c]);
    best[c] = larger ? x[c] : best[c];
    chosen[c] = larger ? u[c] : chosen[c];
  }
}

template <typename T>
void take_larger(const T* HWY_RESTRICT x, T* HWY_RESTRICT best, Index channels) {
  for (Index c = 0; c < channels; ++c) {
    const bool larger = (x[c] > best[c]) | (x[c] != x[c]);
    best[c] = larger ? x[c] : best[c];
  }
}

template <typename T, typename Tap>
void note_larger(const T* HWY_RESTRICT x, Tap tap, T* HWY_RESTRICT best, Tap* HWY_RESTRICT which,
                 Index channels) {
  for (Index c = 0; c < channels; ++c) {
    const bool larger = (x[c] > best[c]) | (x[c] != x[c]);
    best[c] = larger ? x[c] : best[c];
    which[c] = larger ? tap : which[c];
  }
}

template <typename T, typename Tap>
void add_where(const Tap* HWY_RESTRICT which, Tap tap, const T* HWY_RESTRICT ybar,
               T* HWY_RESTRICT xbar, Index channels) {
  for (Index c = 0; c < channels; ++c) xbar[c] += which[c] == tap ? ybar[c] : T{0};
}

template <typename T>
void select_image(const PoolGeometry& g, const T* x, const T* u, T* y, T* best) {
  for (Index i = 0; i < g.out_rows; ++i) {
    for (Index j = 0; j < g.out_cols; ++j) {
      T* chosen = y + (i * g.out_cols + j) * g.channels;
      bool first = true;
      g.taps(i, j, [&](Index, Index pixel) HWY_ATTR {
        const T* from = x + pixel * g.channels;
        const T* values = u + pixel * g.channels;
        if (first) {
          std::copy_n(values, g.channels, chosen);
          if (x != u) std::copy_n(from, g.channels, best);
          first = false;
        } else if (x == u) {
          take_larger(from, chosen, g.channels);
        } else {
          take_larger(from, values, best, chosen, g.channels);
        }
      });
    }
  }
}

template <typename T>
void spread_image(const PoolGeometry& g, const T* x, const T* ybar, T* xbar, T* best) {
  using Tap = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  Tap* which = reinterpret_cast<Tap*>(best + g.channels);
  std::fill_n(xbar, g.rows * g.cols * g.channels, T{0});
  for (Index i = 0; i < g.out_rows; ++i) {
    for (Index j = 0; j < g.out_cols; ++j) {
      bool first = true;
      g.taps(i, j, [&](Index tap, Index pixel) HWY_ATTR {
        const T* from = x + pixel * g.channels;
        if (first) {
          std::copy_n(from, g.channels, best);
          std::fill_n(which, g.channels, static_cast<Tap>(tap));
          first = false;
        } else {
          note_larger(from, static_cast<Tap>(tap), best, which, g.channels);
        }
      });
      const T* bar = ybar + (i * g.out_cols + j) * g.channels;
      g.taps(i, j, [&](Index tap, Index pixel) HWY_ATTR {
        add_where(which, static_cast<Tap>(tap), bar, xbar + pixel * g.channels, g.channels);
      });
    }
  }
}

void select_f32(const PoolGeometry& g, const float* x, const float* u, float* y, float* best) {
  select_image(g, x, u, y, best);
}
void select_f64(const PoolGeometry& g, const double* x, const double* u, double* y, double* best) {
  select_image(g, x, u, y, best);
}
void spread_f32(const PoolGeometry& g, const float* x, const float* u, float* y, float* best) {
  spread_image(g, x, u, y, best);
}
void spread_f64(const PoolGeometry& g, const double* x, const double* u, double* y, double* best) {
  spread_image(g, x, u, y, best);
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace autonet::cpu {

HWY_EXPORT(select_f32);
HWY_EXPORT(select_f64);
HWY_EXPORT(spread_f32);
HWY_EXPORT(spread_f64);

namespace {

void select(const PoolGeometry& g, const float* x, const float* u, float* y, float* best) {
  HWY_DYNAMIC_DISPATCH(select_f32)(g, x, u, y, best);
}
void select(const PoolGeometry& g, const double* x, const double* u, double* y, double* best) {
  HWY_DYNAMIC_DISPATCH(select_f64)(g, x, u, y, best);
}
void spread(const PoolGeometry& g, const float* x, const float* u, float* y, float* best) {
  HWY_DYNAMIC_DISPATCH(spread_f32)(g, x, u, y, best);
}
void spread(const PoolGeometry& g, const double* x, const double* u, double* y, double* best) {
  HWY_DYNAMIC_DISPATCH(spread_f64)(g, x, u, y, best);
}

/// task(image, worker) for each image; on this thread alone where there is little to do.
template <typename Task>
void for_images(Context& context, Index images, Index numbers, Task task) {
  if (numbers < 32768) {
    for (Index n = 0; n < images; ++n) task(n, 0);
  } else {
    context.parallel_for(images, task);
  }
}

template <typename T>
void select_of(Context& context, const Array& x, const Array& u, const KernelSize& kernel,
               const Window& window, Array& y) {
  const PoolGeometry g(x.shape(), y.shape(), kernel, window);
  const bool same = x.raw() == u.raw() && x.is_contiguous() && u.is_contiguous();
  const Dense<2> dense(context, {&x, &u});
  const Index x_size = g.rows * g.cols * g.channels;
  const Index y_size = g.out_rows * g.out_cols * g.channels;
  T* out = y.data<T>();
  for_images(context, x.shape()[0], x.size(), [&](Index n, int worker) {
    T* best =
        reinterpret_cast<T*>(context.scratch(worker, static_cast<size_t>(g.channels) * sizeof(T)));
    const T* from = dense.template data<T>(0) + n * x_size;
    select(g, from, same ? from : dense.template data<T>(1) + n * x_size, out + n * y_size, best);
  });
}

template <typename T>
void spread_of(Context& context, const Array& x, const Array& ybar, const KernelSize& kernel,
               const Window& window, Array& xbar) {
  const PoolGeometry g(x.shape(), ybar.shape(), kernel, window);
  const Dense<2> dense(context, {&x, &ybar});
  const Index x_size = g.rows * g.cols * g.channels;
  const Index y_size = g.out_rows * g.out_cols * g.channels;
  T* out = xbar.data<T>();
  for_images(context, x.shape()[0], x.size(), [&](Index n, int worker) {
    T* best = reinterpret_cast<T*>(
        context.scratch(worker, 2 * static_cast<size_t>(g.channels) * sizeof(T)));
    spread(g, dense.template data<T>(0) + n * x_size, dense.template data<T>(1) + n * y_size,
           out + n * x_size, best);
  });
}

template <typename T>
void gather_of(Context& context, const Array& x, const KernelSize& kernel, const Window& window,
               Array& y) {
  const PoolGeometry g(x.shape(), y.shape(), kernel, window);
  const Dense<1> dense(context, {&x});
  const Index x_size = g.rows * g.cols * g.channels;
  const Index patch = kernel.rows * kernel.cols * g.channels;
  const Index y_size = g.out_rows * g.out_cols * patch;
  T* out = y.data<T>();
  for_images(context, x.shape()[0], y.size(), [&](Index n, int) {
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
  const PoolGeometry g(xbar.shape(), ybar.shape(), kernel, window);
  const Dense<1> dense(context, {&ybar});
  const Index x_size = g.rows * g.cols * g.channels;
  const Index patch = kernel.rows * kernel.cols * g.channels;
  const Index y_size = g.out_rows * g.out_cols * patch;
  T* out = xbar.data<T>();
  for_images(context, xbar.shape()[0], ybar.size(), [&](Index n, int) {
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

void pool_select(Context& context, const Array& x, const Array& u, const KernelSize& kernel,
                 const Window& window, Array& y) {
  y.dtype() == DType::f32 ? select_of<float>(context, x, u, kernel, window, y)
                          : select_of<double>(context, x, u, kernel, window, y);
}

void pool_spread(Context& context, const Array& x, const Array& ybar, const KernelSize& kernel,
                 const Window& window, Array& xbar) {
  xbar.dtype() == DType::f32 ? spread_of<float>(context, x, ybar, kernel, window, xbar)
                             : spread_of<double>(context, x, ybar, kernel, window, xbar);
}

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
#endif  // HWY_ONCE
