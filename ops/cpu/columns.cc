#include "ops/cpu/columns.h"

#include <algorithm>

#include "ops/cpu/pieces.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/columns.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Chains of additions for each column: a single one would wait for its own result in every row.
constexpr Index kChains = 4;

/// Sums a strip of columns in registers.
template <int kVectors, typename D, typename T>
HWY_INLINE void strip(D d, const T* x, Index rows, Index columns, T* sum) {
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  hn::Vec<D> total[kChains][kVectors];
  for (auto& chain : total) {
    for (auto& sum : chain) sum = hn::Zero(d);
  }
  const auto add = [&](Index chain, Index row) HWY_ATTR {
    for (int v = 0; v < kVectors; ++v) {
      total[chain][v] = hn::Add(total[chain][v], hn::LoadU(d, x + row * columns + v * lanes));
    }
  };
  Index row = 0;
  for (; row + kChains <= rows; row += kChains) {
    for (Index chain = 0; chain < kChains; ++chain) add(chain, row + chain);
  }
  for (Index chain = 0; row + chain < rows; ++chain) add(chain, row + chain);
  for (int v = 0; v < kVectors; ++v) {
    const auto all = hn::Add(hn::Add(total[0][v], total[1][v]), hn::Add(total[2][v], total[3][v]));
    hn::StoreU(all, d, sum + v * lanes);
  }
}

template <typename T>
HWY_INLINE void all_strips(const T* x, Index rows, Index columns, T* sum) {
  const hn::ScalableTag<T> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  Index k = 0;
  for (; k + 2 * lanes <= columns; k += 2 * lanes) strip<2>(d, x + k, rows, columns, sum + k);
  for (; k + lanes <= columns; k += lanes) strip<1>(d, x + k, rows, columns, sum + k);
  for (; k < columns; ++k) strip<1>(hn::CappedTag<T, 1>(), x + k, rows, columns, sum + k);
}

void columns_f32(const float* x, Index rows, Index columns, float* sum) {
  all_strips(x, rows, columns, sum);
}
void columns_f64(const double* x, Index rows, Index columns, double* sum) {
  all_strips(x, rows, columns, sum);
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace autonet::cpu {

HWY_EXPORT(columns_f32);
HWY_EXPORT(columns_f64);

void sum_columns(const float* x, Index rows, Index columns, float* sum) {
  HWY_DYNAMIC_DISPATCH(columns_f32)(x, rows, columns, sum);
}
void sum_columns(const double* x, Index rows, Index columns, double* sum) {
  HWY_DYNAMIC_DISPATCH(columns_f64)(x, rows, columns, sum);
}

template <typename T>
void sum_columns(Context& context, const T* x, Index rows, Index columns, T* sum) {
  constexpr Index kBlockRows = 256;
  const Index blocks = (rows + kBlockRows - 1) / kBlockRows;
  T* parts = reinterpret_cast<T*>(
      context.shared_scratch(static_cast<size_t>(blocks * columns) * sizeof(T)));
  for_pieces(context, rows * columns < kSmallMove, blocks, [&](Index block, int) {
    const Index first = block * kBlockRows;
    sum_columns(x + first * columns, std::min(kBlockRows, rows - first), columns,
                parts + block * columns);
  });
  add_parts(parts, blocks, columns, sum);
}

template void sum_columns(Context&, const float*, Index, Index, float*);
template void sum_columns(Context&, const double*, Index, Index, double*);

}  // namespace autonet::cpu
#endif  // HWY_ONCE
