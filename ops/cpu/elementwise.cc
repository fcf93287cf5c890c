#include "ops/cpu/elementwise.h"

#include <algorithm>
#include <array>

#include "autograd/walk.h"
#include "ops/cpu/pieces.h"
#include "ops/functions.h"

// The loops are plain C++, compiled once for each instruction set so that the compiler vectorises
// them for the machine at hand.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/elementwise.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "ops/cpu/exp.h"
#include "ops/cpu/vector_runs.h"

// What the loops of every instruction set have in common.
#ifndef AUTONET_ELEMENTWISE_ROUTINE
#define AUTONET_ELEMENTWISE_ROUTINE
namespace autonet::cpu {

using internal::Walk;

/// Elements begin to end - 1 of y = f(x) or f(a, b), row-major.
template <typename T>
struct Loops {
  void (*unary)(const Walk<1>& walk, const T* x, T* y, Index begin, Index end, T c) = nullptr;
  void (*binary)(const Walk<2>& walk, const T* a, const T* b, T* y, Index begin, Index end,
                 T c) = nullptr;
  /// The same for single numbers; b is not read by a function of one number.
  void (*single)(const T* a, const T* b, T* y, T c) = nullptr;
};

}  // namespace autonet::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// f(x) in vectors, for functions that the compiler does not vectorise by itself.
template <typename D, typename V>
HWY_INLINE V vector_value(internal::Exp, D d, V x) {
  return exp_of(d, x);
}
template <typename D, typename V>
HWY_INLINE V vector_value(internal::Expm1, D d, V x) {
  // Highway's own Expm1 has no infinities and gives a number for NaN. Above 50, the 1 is lost in
  // rounding.
  const V near = hn::Expm1(d, hn::Min(hn::Max(x, hn::Set(d, -100)), hn::Set(d, 50)));
  const V far = hn::IfThenElse(hn::Gt(x, hn::Set(d, 50)), exp_of(d, x), near);
  return hn::IfThenElse(hn::IsNaN(x), x, far);
}
template <typename D, typename V>
HWY_INLINE V vector_value(internal::Sech, D d, V x) {
  const V decayed = exp_of(d, hn::Neg(hn::Abs(x)));
  return hn::Div(hn::Add(decayed, decayed), hn::MulAdd(decayed, decayed, hn::Set(d, 1)));
}

template <typename F, typename T>
HWY_INLINE void run(const T* HWY_RESTRICT x, T* HWY_RESTRICT y, Index length, T c) {
  const hn::ScalableTag<T> d;
  if constexpr (requires { vector_value(F(), d, hn::Zero(d)); }) {
    in_vectors<T>(length, [&](auto part, Index i) HWY_ATTR {
      hn::StoreU(vector_value(F(), part, hn::LoadU(part, x + i)), part, y + i);
    });
  } else {
    for (Index i = 0; i < length; ++i) y[i] = F::value(x[i], c);
  }
}

template <typename F, typename T>
void unary(const Walk<1>& walk, const T* x, T* y, Index begin, Index end, T c) {
  walk.runs(begin, end, [&](Index at, Index length, const std::array<Index, 1>& offset) HWY_ATTR {
    const T* HWY_RESTRICT from = x + offset[0];
    T* HWY_RESTRICT to = y + at;
    const Index step = walk.inner_stride(0);
    if (step == 1) return run<F>(from, to, length, c);
    for (Index i = 0; i < length; ++i) to[i] = F::value(from[i * step], c);
  });
}

template <typename T, typename Value>
HWY_INLINE void binary_by(const Walk<2>& walk, const T* a, const T* b, T* y, Index begin, Index end,
                          Value value) {
  walk.runs(begin, end, [&](Index at, Index length, const std::array<Index, 2>& offset) HWY_ATTR {
    const T* HWY_RESTRICT p = a + offset[0];
    const T* HWY_RESTRICT q = b + offset[1];
    T* HWY_RESTRICT to = y + at;
    const Index p_step = walk.inner_stride(0);
    const Index q_step = walk.inner_stride(1);
    if (p_step == 1 && q_step == 1) {
      for (Index i = 0; i < length; ++i) to[i] = value(p[i], q[i]);
    } else if (p_step == 1 && q_step == 0) {
      for (Index i = 0; i < length; ++i) to[i] = value(p[i], q[0]);
    } else if (p_step == 0 && q_step == 1) {
      for (Index i = 0; i < length; ++i) to[i] = value(p[0], q[i]);
    } else {
      for (Index i = 0; i < length; ++i) to[i] = value(p[i * p_step], q[i * q_step]);
    }
  });
}

template <typename F, typename T>
void binary(const Walk<2>& walk, const T* a, const T* b, T* y, Index begin, Index end, T c) {
  if constexpr (F::kZeroApart) {
    if (c == T{0}) {
      return binary_by(walk, a, b, y, begin, end, [](T p, T q) { return F::value(p, q, T{0}); });
    }
  }
  binary_by(walk, a, b, y, begin, end, [c](T p, T q) { return F::value(p, q, c); });
}

template <typename F, typename T>
void single(const T* a, const T* b, T* y, T c) {
  if constexpr (F::kInputs == 1) {
    run<F>(a, y, 1, c);
  } else {
    *y = F::value(*a, *b, F::kZeroApart && c == T{0} ? T{0} : c);
  }
}

template <typename F, typename T>
constexpr Loops<T> loops() {
  if constexpr (F::kInputs == 1) {
    return {.unary = unary<F, T>, .single = single<F, T>};
  } else {
    return {.binary = binary<F, T>, .single = single<F, T>};
  }
}

template <typename T, typename... F>
const Loops<T>& find_in(internal::FunctionList<F...>, Function function) {
  static constexpr Loops<T> kLoops[] = {loops<F, T>()...};
  return kLoops[static_cast<size_t>(function)];
}

const Loops<float>& find_f32(Function function) {
  return find_in<float>(internal::ElementwiseFunctions(), function);
}
const Loops<double>& find_f64(Function function) {
  return find_in<double>(internal::ElementwiseFunctions(), function);
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace autonet::cpu {
using internal::Walk;

HWY_EXPORT(find_f32);
HWY_EXPORT(find_f64);

namespace {

template <typename T>
const Loops<T>& find(Function function) {
  if constexpr (std::is_same_v<T, float>) {
    return HWY_DYNAMIC_DISPATCH(find_f32)(function);
  } else {
    return HWY_DYNAMIC_DISPATCH(find_f64)(function);
  }
}

// Fixed, so that the cut never depends on the number of threads.
constexpr Index kPiece = 1 << 14;

template <typename Task>
void in_pieces(Context& context, Index size, Task task) {
  if (size <= kPiece) return task(0, size);
  for_pieces(context, size < kSmallMove, (size + kPiece - 1) / kPiece,
             [&](Index piece, int) { task(piece * kPiece, std::min(size, (piece + 1) * kPiece)); });
}

template <typename T>
void map_of(Context& context, Function function, const Array& x, Array& y, double c) {
  const Loops<T>& loops = find<T>(function);
  if (y.size() == 1) {
    return loops.single(x.data<T>(), nullptr, y.data<T>(), static_cast<T>(c));
  }
  const auto routine = loops.unary;
  const Walk<1> walk(y.shape(), {&x});
  in_pieces(context, y.size(), [&](Index begin, Index end) {
    routine(walk, x.data<T>(), y.data<T>(), begin, end, static_cast<T>(c));
  });
}

template <typename T>
void map_of(Context& context, Function function, const Array& a, const Array& b, Array& y,
            double c) {
  const Loops<T>& loops = find<T>(function);
  if (y.size() == 1) {
    return loops.single(a.data<T>(), b.data<T>(), y.data<T>(), static_cast<T>(c));
  }
  const auto routine = loops.binary;
  const Walk<2> walk(y.shape(), {&a, &b});
  in_pieces(context, y.size(), [&](Index begin, Index end) {
    routine(walk, a.data<T>(), b.data<T>(), y.data<T>(), begin, end, static_cast<T>(c));
  });
}

}  // namespace

void map(Context& context, Function function, const Array& x, Array& y, double c) {
  y.dtype() == DType::f32 ? map_of<float>(context, function, x, y, c)
                          : map_of<double>(context, function, x, y, c);
}

void map(Context& context, Function function, const Array& a, const Array& b, Array& y, double c) {
  y.dtype() == DType::f32 ? map_of<float>(context, function, a, b, y, c)
                          : map_of<double>(context, function, a, b, y, c);
}

}  // namespace autonet::cpu
#endif  // HWY_ONCE
