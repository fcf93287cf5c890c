#include "ops/cpu/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/cpu/dense.h"
#include "ops/cpu/pieces.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/softmax.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "ops/cpu/exp.h"

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The largest number of a row, and the sum of e^(x - largest) over the others. Without the term of
/// the largest, which is 1, a sum of tiny terms keeps its digits.
template <typename T>
HWY_INLINE void row_sum(const T* x, Index columns, T& largest, T& others) {
  const hn::ScalableTag<T> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  const T* place = std::max_element(x, x + columns);
  largest = *place;
  const auto shift = hn::Set(d, largest);
  const auto terms = [&](const T* from)
                         HWY_ATTR { return exp_of(d, hn::Sub(hn::LoadU(d, from), shift)); };
  auto total = hn::Zero(d);
  Index k = 0;
  for (; k + lanes <= columns; k += lanes) {
    const auto is_place = hn::Eq(hn::Iota(d, static_cast<T>(k - (place - x))), hn::Zero(d));
    total = hn::Add(total, hn::IfThenZeroElse(is_place, terms(x + k)));
  }
  if (k < columns) {
    HWY_ALIGN T rest[HWY_MAX_BYTES / sizeof(T)] = {};
    std::copy(x + k, x + columns, rest);
    if (place >= x + k) rest[place - (x + k)] = -std::numeric_limits<T>::infinity();
    const auto in_row = hn::FirstN(d, static_cast<size_t>(columns - k));
    total = hn::Add(total, hn::IfThenElseZero(in_row, terms(rest)));
  }
  others = hn::GetLane(hn::SumOfLanes(d, total));
}

template <typename T>
HWY_INLINE void all_rows(const T* x, Index rows, Index columns, T* y) {
  for (Index row = 0; row < rows; ++row) {
    const T* from = x + row * columns;
    T* to = y + row * columns;
    T largest{};
    T others{};
    row_sum(from, columns, largest, others);
    // log1p keeps the digits of a small sum; for a large one, log is as accurate and faster.
    const T log_sum = others < T{0.5} ? std::log1p(others) : std::log(T{1} + others);
    for (Index k = 0; k < columns; ++k) to[k] = (from[k] - largest) - log_sum;
  }
}

void rows_f32(const float* x, Index rows, Index columns, float* y) {
  all_rows(x, rows, columns, y);
}
void rows_f64(const double* x, Index rows, Index columns, double* y) {
  all_rows(x, rows, columns, y);
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace autonet::cpu {

HWY_EXPORT(rows_f32);
HWY_EXPORT(rows_f64);

namespace {

void log_softmax_rows(const float* x, Index rows, Index columns, float* y) {
  HWY_DYNAMIC_DISPATCH(rows_f32)(x, rows, columns, y);
}
void log_softmax_rows(const double* x, Index rows, Index columns, double* y) {
  HWY_DYNAMIC_DISPATCH(rows_f64)(x, rows, columns, y);
}

template <typename T>
void log_softmax_of(Context& context, const T* x, Index rows, Index columns, T* y) {
  constexpr Index kRows = 256;
  const Index pieces = (rows + kRows - 1) / kRows;
  for_pieces(context, rows * columns < kSmallMove, pieces, [&](Index piece, int) {
    const Index first = piece * kRows;
    log_softmax_rows(x + first * columns, std::min(kRows, rows - first), columns,
                     y + first * columns);
  });
}

template <typename T>
double cross_entropy_of(Context& context, const Array& z, const Array& t) {
  const Index size = z.size();
  const Index columns = z.shape()[1];
  const Index rows = z.shape()[0];
  const Dense<2> dense(context, {&z, &t}, z.type().bytes());
  T* log_p = reinterpret_cast<T*>(dense.extra());
  log_softmax_of(context, dense.template data<T>(0), rows, columns, log_p);
  const T* targets = dense.template data<T>(1);
  double loss = 0.0;
  for (Index i = 0; i < size; ++i) {
    // 0 · log 0 is 0, its limit.
    if (targets[i] != T{0}) {
      loss -= static_cast<double>(targets[i]) * static_cast<double>(log_p[i]);
    }
  }
  return loss / static_cast<double>(rows);
}

}  // namespace

void log_softmax(Context& context, const Array& x, Array& y) {
  if (x.size() == 0) return;
  const Index columns = x.shape()[x.rank() - 1];
  const Dense<1> dense(context, {&x});
  if (y.dtype() == DType::f32) {
    log_softmax_of(context, dense.data<float>(0), x.size() / columns, columns, y.data<float>());
  } else {
    log_softmax_of(context, dense.data<double>(0), x.size() / columns, columns, y.data<double>());
  }
}

double cross_entropy(Context& context, const Array& z, const Array& t) {
  return z.dtype() == DType::f32 ? cross_entropy_of<float>(context, z, t)
                                 : cross_entropy_of<double>(context, z, t);
}

}  // namespace autonet::cpu
#endif  // HWY_ONCE
