#include "ops/cpu/pool.h"

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "ops/cpu/dense.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/taps.h"

// The loops over channels are plain C++, compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/pool.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "ops/cpu/vector_runs.h"

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// True where x replaces the maximum: where it is larger, or is the first NaN.
template <typename V>
HWY_INLINE auto exceeding(V x, V best) {
  return hn::Or(hn::Gt(x, best), hn::AndNot(hn::IsNaN(best), hn::IsNaN(x)));
}

/// Where x is larger than best, x becomes best and u becomes chosen.
template <typename T>
void take_larger(const T* x, const T* u, T* best, T* chosen, Index channels) {
  in_vectors<T>(channels, [&](auto d, Index c) HWY_ATTR {
    const auto value = hn::LoadU(d, x + c);
    const auto before = hn::LoadU(d, best + c);
    const auto larger = exceeding(value, before);
    hn::StoreU(hn::IfThenElse(larger, value, before), d, best + c);
    hn::StoreU(hn::IfThenElse(larger, hn::LoadU(d, u + c), hn::LoadU(d, chosen + c)), d,
               chosen + c);
  });
}

/// Where x is larger than best, it becomes best.
template <typename T>
void take_larger(const T* x, T* best, Index channels) {
  in_vectors<T>(channels, [&](auto d, Index c) HWY_ATTR {
    const auto value = hn::LoadU(d, x + c);
    const auto before = hn::LoadU(d, best + c);
    hn::StoreU(hn::IfThenElse(exceeding(value, before), value, before), d, best + c);
  });
}

/// Where x is larger than best, it becomes best and its tap `which`.
template <typename T, typename Tap>
void note_larger(const T* x, Tap tap, T* best, Tap* which, Index channels) {
  in_vectors<T>(channels, [&](auto d, Index c) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> di;
    const auto value = hn::LoadU(d, x + c);
    const auto before = hn::LoadU(d, best + c);
    const auto larger = exceeding(value, before);
    hn::StoreU(hn::IfThenElse(larger, value, before), d, best + c);
    const auto taps = hn::LoadU(di, which + c);
    hn::StoreU(hn::IfThenElse(hn::RebindMask(di, larger), hn::Set(di, tap), taps), di, which + c);
  });
}

template <typename T, typename Tap>
void add_where(const Tap* HWY_RESTRICT which, Tap tap, const T* HWY_RESTRICT ybar,
               T* HWY_RESTRICT xbar, Index channels) {
  for (Index c = 0; c < channels; ++c) xbar[c] += which[c] == tap ? ybar[c] : T{0};
}

/// The maximum of the four pixels that lie `four` numbers behind x, in one pass.
template <typename T>
HWY_INLINE void largest_of_four(const T* x, const Index (&four)[4], T* y, Index channels) {
  const auto part = [&](auto d, Index c) HWY_ATTR {
    auto best = hn::LoadU(d, x + c);
    for (int tap = 1; tap < 4; ++tap) {
      const auto value = hn::LoadU(d, x + four[tap] + c);
      best = hn::IfThenElse(exceeding(value, best), value, best);
    }
    hn::StoreU(best, d, y + c);
  };
  in_vectors<T>(channels, part);
}

/// Writes ybar to xbar where the first maximum of four pixels lies, or adds it with kAdd, for
/// windows that overlap. With `gated` not where that maximum is <= 0.
template <bool kAdd, typename T>
HWY_INLINE void spread_to_four(const T* x, const T* ybar, T* xbar, const Index (&four)[4],
                               bool gated, Index channels) {
  const auto part = [&](auto d, Index c) HWY_ATTR {
    const auto x0 = hn::LoadU(d, x + four[0] + c);
    const auto x1 = hn::LoadU(d, x + four[1] + c);
    const auto x2 = hn::LoadU(d, x + four[2] + c);
    const auto x3 = hn::LoadU(d, x + four[3] + c);
    // Each larger value takes the cotangent from those before it.
    const auto at1 = exceeding(x1, x0);
    const auto best1 = hn::IfThenElse(at1, x1, x0);
    const auto at2 = exceeding(x2, best1);
    const auto best2 = hn::IfThenElse(at2, x2, best1);
    const auto at3 = exceeding(x3, best2);
    auto bar = hn::LoadU(d, ybar + c);
    if (gated) {
      const auto best = hn::IfThenElse(at3, x3, best2);
      bar = hn::IfThenZeroElse(hn::Le(best, hn::Zero(d)), bar);
    }
    const auto bars3 = hn::IfThenElseZero(at3, bar);
    const auto left2 = hn::IfThenZeroElse(at3, bar);
    const auto bars2 = hn::IfThenElseZero(at2, left2);
    const auto left1 = hn::IfThenZeroElse(at2, left2);
    const auto bars1 = hn::IfThenElseZero(at1, left1);
    const auto bars0 = hn::IfThenZeroElse(at1, left1);
    const auto put = [&](Index at, auto bars) HWY_ATTR {
      T* to = xbar + at + c;
      hn::StoreU(kAdd ? hn::Add(hn::LoadU(d, to), bars) : bars, d, to);
    };
    put(four[0], bars0);
    put(four[1], bars1);
    put(four[2], bars2);
    put(four[3], bars3);
  };
  in_vectors<T>(channels, part);
}

template <typename T>
void select_image(const WindowTaps& g, const T* x, const T* u, T* y, T* best) {
  const Index four[4] = {0, g.four[1] * g.channels, g.four[2] * g.channels, g.four[3] * g.channels};
  for (Index i = 0; i < g.out_rows; ++i) {
    for (Index j = 0; j < g.out_cols; ++j) {
      T* chosen = y + (i * g.out_cols + j) * g.channels;
      const Index corner = x == u ? g.first_of_four(i, j) : -1;
      if (corner >= 0) {
        largest_of_four(x + corner * g.channels, four, chosen, g.channels);
        continue;
      }
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
void spread_image(const WindowTaps& g, const T* x, const T* ybar, T* xbar, T* best, bool gated) {
  using Tap = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  Tap* which = reinterpret_cast<Tap*>(best + g.channels);
  const bool disjoint = g.disjoint();
  const Index four[4] = {0, g.four[1] * g.channels, g.four[2] * g.channels, g.four[3] * g.channels};
  if (!g.tiles()) std::fill_n(xbar, g.rows * g.cols * g.channels, T{0});
  for (Index i = 0; i < g.out_rows; ++i) {
    for (Index j = 0; j < g.out_cols; ++j) {
      const T* bar = ybar + (i * g.out_cols + j) * g.channels;
      if (const Index corner = g.first_of_four(i, j); corner >= 0) {
        const Index at = corner * g.channels;
        if (disjoint) {
          spread_to_four<false>(x + at, bar, xbar + at, four, gated, g.channels);
        } else {
          spread_to_four<true>(x + at, bar, xbar + at, four, gated, g.channels);
        }
        continue;
      }
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
      if (gated) {
        for (Index c = 0; c < g.channels; ++c) which[c] = best[c] <= T{0} ? Tap{-1} : which[c];
      }
      g.taps(i, j, [&](Index tap, Index pixel) HWY_ATTR {
        T* to = xbar + pixel * g.channels;
        if (g.tiles()) std::fill_n(to, g.channels, T{0});
        add_where(which, static_cast<Tap>(tap), bar, to, g.channels);
      });
    }
  }
}

void select_f32(const WindowTaps& g, const float* x, const float* u, float* y, float* best) {
  select_image(g, x, u, y, best);
}
void select_f64(const WindowTaps& g, const double* x, const double* u, double* y, double* best) {
  select_image(g, x, u, y, best);
}
void spread_f32(const WindowTaps& g, const float* x, const float* u, float* y, float* best,
                bool gated) {
  spread_image(g, x, u, y, best, gated);
}
void spread_f64(const WindowTaps& g, const double* x, const double* u, double* y, double* best,
                bool gated) {
  spread_image(g, x, u, y, best, gated);
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

void select(const WindowTaps& g, const float* x, const float* u, float* y, float* best) {
  HWY_DYNAMIC_DISPATCH(select_f32)(g, x, u, y, best);
}
void select(const WindowTaps& g, const double* x, const double* u, double* y, double* best) {
  HWY_DYNAMIC_DISPATCH(select_f64)(g, x, u, y, best);
}
void spread(const WindowTaps& g, const float* x, const float* u, float* y, float* best,
            bool gated) {
  HWY_DYNAMIC_DISPATCH(spread_f32)(g, x, u, y, best, gated);
}
void spread(const WindowTaps& g, const double* x, const double* u, double* y, double* best,
            bool gated) {
  HWY_DYNAMIC_DISPATCH(spread_f64)(g, x, u, y, best, gated);
}

template <typename T>
void select_of(Context& context, const Array& x, const Array& u, const KernelSize& kernel,
               const Window& window, Array& y) {
  const WindowTaps g(x.shape(), y.shape(), kernel, window);
  const bool same = x.raw() == u.raw() && x.is_contiguous() && u.is_contiguous();
  const Dense<2> dense(context, {&x, &u});
  const Index x_size = g.rows * g.cols * g.channels;
  const Index y_size = g.out_rows * g.out_cols * g.channels;
  T* out = y.data<T>();
  for_pieces(context, x.size() < kSmallMove, x.shape()[0], [&](Index n, int worker) {
    T* best =
        reinterpret_cast<T*>(context.scratch(worker, static_cast<size_t>(g.channels) * sizeof(T)));
    const T* from = dense.template data<T>(0) + n * x_size;
    select(g, from, same ? from : dense.template data<T>(1) + n * x_size, out + n * y_size, best);
  });
}

template <typename T>
void spread_of(Context& context, const Array& x, const Array& ybar, const KernelSize& kernel,
               const Window& window, Array& xbar, const SpreadOptions& options) {
  const WindowTaps g(x.shape(), ybar.shape(), kernel, window);
  const Dense<2> dense(context, {&x, &ybar});
  const Index x_size = g.rows * g.cols * g.channels;
  const Index y_size = g.out_rows * g.out_cols * g.channels;
  T* out = xbar.data<T>();
  for_pieces(context, x.size() < kSmallMove, x.shape()[0], [&](Index n, int worker) {
    T* best = reinterpret_cast<T*>(
        context.scratch(worker, 2 * static_cast<size_t>(g.channels) * sizeof(T)));
    spread(g, dense.template data<T>(0) + n * x_size, dense.template data<T>(1) + n * y_size,
           out + n * x_size, best, options.gated);
    if (options.each_image != nullptr) (*options.each_image)(n, out + n * x_size);
  });
}

}  // namespace

void pool_select(Context& context, const Array& x, const Array& u, const KernelSize& kernel,
                 const Window& window, Array& y) {
  y.dtype() == DType::f32 ? select_of<float>(context, x, u, kernel, window, y)
                          : select_of<double>(context, x, u, kernel, window, y);
}

template <typename T>
void max_pool_image(const T* x, const Shape& x_shape, const Shape& y_shape,
                    const KernelSize& kernel, const Window& window, T* y, T* scratch) {
  select(WindowTaps(x_shape, y_shape, kernel, window), x, x, y, scratch);
}
template void max_pool_image(const float*, const Shape&, const Shape&, const KernelSize&,
                             const Window&, float*, float*);
template void max_pool_image(const double*, const Shape&, const Shape&, const KernelSize&,
                             const Window&, double*, double*);

void pool_spread(Context& context, const Array& x, const Array& ybar, const KernelSize& kernel,
                 const Window& window, Array& xbar, const SpreadOptions& options) {
  xbar.dtype() == DType::f32 ? spread_of<float>(context, x, ybar, kernel, window, xbar, options)
                             : spread_of<double>(context, x, ybar, kernel, window, xbar, options);
}

}  // namespace autonet::cpu
#endif  // HWY_ONCE
