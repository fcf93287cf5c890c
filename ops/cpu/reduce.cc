#include "ops/cpu/reduce.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ops/cpu/columns.h"
#include "ops/cpu/dense.h"
#include "ops/cpu/pieces.h"

namespace autonet::cpu {
namespace {

/// Some axes of an array; held in place, so that replay allocates nothing.
struct Axes {
  std::array<Index, Shape::kMaxRank> lengths{};
  std::array<Index, Shape::kMaxRank> strides{};
  size_t count = 0;
  Index size = 1;

  void add(Index length, Index stride) {
    lengths[count] = length;
    strides[count] = stride;
    ++count;
    size *= length;
  }
  /// Offset of the n-th position in row-major order.
  Index offset(Index n) const {
    Index offset = 0;
    for (size_t i = count; i-- > 0;) {
      offset += n % lengths[i] * strides[i];
      n /= lengths[i];
    }
    return offset;
  }
};

/// x as the kept axes (outer) and the reduced ones (inner).
struct Split {
  Axes kept;
  Axes inner;

  Split(const Array& x, const AxisMask& reduced) {
    for (int axis = 0; axis < x.rank(); ++axis) {
      (reduced[static_cast<size_t>(axis)] ? inner : kept).add(x.shape()[axis], x.stride(axis));
    }
  }
};

/// visit(offset) for every inner position in row-major order.
template <typename Visit>
void for_each_term(const Split& split, Visit visit) {
  const Axes& inner = split.inner;
  if (inner.count == 0) return visit(Index{0});
  const Index run = inner.lengths[inner.count - 1];
  const Index step = inner.strides[inner.count - 1];
  if (run == 0) return;
  for (Index n = 0; n < inner.size; n += run) {
    const Index offset = inner.offset(n);
    for (Index i = 0; i < run; ++i) visit(offset + i * step);
  }
}

template <typename T>
void sum_of(Context& context, const Array& x, const AxisMask& reduced, Array& y) {
  const T* from = x.data<T>();
  T* to = y.data<T>();
  const int rank = x.rank();
  const bool leading = rank >= 2 && !reduced.back() && x.is_contiguous() &&
                       std::all_of(reduced.begin(), reduced.end() - 1, [](bool b) { return b; });
  if (leading) {
    const Index columns = x.shape()[rank - 1];
    if (columns > 0) sum_columns(context, from, x.size() / columns, columns, to);
    return;
  }
  const Split split(x, reduced);
  for (Index n = 0; n < split.kept.size; ++n) {
    const T* at = from + split.kept.offset(n);
    double sum = 0.0;
    for_each_term(split, [&](Index offset) { sum += static_cast<double>(at[offset]); });
    to[n] = static_cast<T>(sum);
  }
}

/// found(output, x's offset, position among the terms) of the first maximum for each output.
template <typename T, typename Found>
void for_each_maximum(const Array& x, const Split& split, Found found) {
  const T* numbers = x.data<T>();
  for (Index n = 0; n < split.kept.size; ++n) {
    const Index start = split.kept.offset(n);
    Index term = 0;
    Index best = 0;
    T largest{};
    for_each_term(split, [&](Index offset) {
      const T value = numbers[start + offset];
      if (term == 0 || value > largest || (std::isnan(value) && !std::isnan(largest))) {
        largest = value;
        best = term;
      }
      ++term;
    });
    found(n, best);
  }
}

template <typename T>
void select_of(const Array& x, const Array& u, const AxisMask& reduced, Array& y) {
  const Split split(x, reduced);
  const Split other(u, reduced);
  for_each_maximum<T>(x, split, [&](Index n, Index best) {
    y.data<T>()[n] = u.data<T>()[other.kept.offset(n) + other.inner.offset(best)];
  });
}

template <typename T>
void spread_of(Context& context, const Array& x, const Array& ybar, const AxisMask& reduced,
               Array& xbar) {
  const Split split(x, reduced);
  const Split target(xbar, reduced);
  const Dense<1> bars(context, {&ybar});
  std::fill_n(xbar.data<T>(), xbar.size(), T{0});
  for_each_maximum<T>(x, split, [&](Index n, Index best) {
    xbar.data<T>()[target.kept.offset(n) + target.inner.offset(best)] = bars.data<T>(0)[n];
  });
}

}  // namespace

void reduce_sum(Context& context, const Array& x, const AxisMask& reduced, Array& y) {
  y.dtype() == DType::f32 ? sum_of<float>(context, x, reduced, y)
                          : sum_of<double>(context, x, reduced, y);
}

void select_max(Context&, const Array& x, const Array& u, const AxisMask& reduced, Array& y) {
  y.dtype() == DType::f32 ? select_of<float>(x, u, reduced, y)
                          : select_of<double>(x, u, reduced, y);
}

void spread_max(Context& context, const Array& x, const Array& ybar, const AxisMask& reduced,
                Array& xbar) {
  xbar.dtype() == DType::f32 ? spread_of<float>(context, x, ybar, reduced, xbar)
                             : spread_of<double>(context, x, ybar, reduced, xbar);
}

}  // namespace autonet::cpu
