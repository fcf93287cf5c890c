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

/// y[i] = f(x[i]) or f(a[i], b[i]) for `length` numbers that lie side by side.
template <typename T>
struct Loops {
  void (*unary)(const T* x, T* y, Index length, T c) = nullptr;
  void (*binary)(const T* a, const T* b, T* y, Index length, T c) = nullptr;
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
void unary(const T* HWY_RESTRICT x, T* HWY_RESTRICT y, Index length, T c) {
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
void binary(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, T* HWY_RESTRICT y, Index length,
            T c) {
  if (F::kZeroApart && c == T{0}) {
    for (Index i = 0; i < length; ++i) y[i] = F::value(a[i], b[i], T{0});
  } else {
    for (Index i = 0; i < length; ++i) y[i] = F::value(a[i], b[i], c);
  }
}

template <typename F, typename T>
constexpr Loops<T> loops() {
  if constexpr (F::kInputs == 1) {
    return {.unary = unary<F, T>};
  } else {
    return {.binary = binary<F, T>};
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

/// Gives numbers that are `step` apart side by side: as they lie if they do so, else copied, some
/// at a time.
template <typename T>
class InRow {
 public:
  InRow(const T* from, Index step) : from_(from), step_(step) {}

  /// How many of `length` numbers it gives at a time.
  Index most(Index length) const { return step_ == 1 ? length : std::min(length, kCopied); }

  /// The numbers `first` to `first + count - 1`; the first time, `first` is 0 and `count` is
  /// largest.
  const T* numbers(Index first, Index count) {
    if (step_ == 1) return from_ + first;
    if (step_ == 0) {
      if (first == 0) std::fill_n(copy_, count, *from_);
    } else {
      for (Index i = 0; i < count; ++i) copy_[i] = from_[(first + i) * step_];
    }
    return copy_;
  }

 private:
  static constexpr Index kCopied = 256;
  const T* from_;
  Index step_;
  T copy_[kCopied];
};

// Fixed, so that the cut never depends on the number of threads.
constexpr Index kPiece = 1 << 14;

template <typename Task>
void in_pieces(Context& context, Index size, Task task) {
  if (size <= kPiece) return task(0, size);
  for_pieces(context, size < kSmallMove, (size + kPiece - 1) / kPiece,
             [&](Index piece, int) { task(piece * kPiece, std::min(size, (piece + 1) * kPiece)); });
}

template <typename T>
void map_of(Context& context, Function function, const Array& x, Array& y, double number) {
  const auto loop = find<T>(function).unary;
  const T c = static_cast<T>(number);
  if (y.size() == 1) return loop(x.data<T>(), y.data<T>(), 1, c);
  const Walk<1> walk(y.shape(), {&x});
  in_pieces(context, y.size(), [&](Index begin, Index end) {
    walk.runs(begin, end, [&](Index at, Index length, const std::array<Index, 1>& offset) {
      InRow<T> row(x.data<T>() + offset[0], walk.inner_stride(0));
      const Index most = row.most(length);
      for (Index first = 0; first < length; first += most) {
        const Index count = std::min(most, length - first);
        loop(row.numbers(first, count), y.data<T>() + at + first, count, c);
      }
    });
  });
}

template <typename T>
void map_of(Context& context, Function function, const Array& a, const Array& b, Array& y,
            double number) {
  const auto loop = find<T>(function).binary;
  const T c = static_cast<T>(number);
  if (y.size() == 1) return loop(a.data<T>(), b.data<T>(), y.data<T>(), 1, c);
  const Walk<2> walk(y.shape(), {&a, &b});
  in_pieces(context, y.size(), [&](Index begin, Index end) {
    walk.runs(begin, end, [&](Index at, Index length, const std::array<Index, 2>& offset) {
      InRow<T> left(a.data<T>() + offset[0], walk.inner_stride(0));
      InRow<T> right(b.data<T>() + offset[1], walk.inner_stride(1));
      const Index most = std::min(left.most(length), right.most(length));
      for (Index first = 0; first < length; first += most) {
        const Index count = std::min(most, length - first);
        loop(left.numbers(first, count), right.numbers(first, count), y.data<T>() + at + first,
             count, c);
      }
    });
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
