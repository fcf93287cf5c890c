#include "ops/cpu/tile.h"

#include <cstddef>

// Compiled once for each instruction set; the tiles are arrays of vectors, which the targets with
// vectors of unknown length do not have.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/tile.cc"
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Two vectors a row; eight rows where there are 32 registers, four where there are 16, so that the
// accumulators stay in registers and hide the latency of the multiply-add.
constexpr int kVectors = 2;
#if HWY_MAX_BYTES == 64 || HWY_ARCH_ARM_A64
constexpr int kRows = 8;
#else
constexpr int kRows = 4;
#endif

template <int kTileRows, int kTileVectors, typename T>
HWY_INLINE void tile(const TileJob<T>& job, Index first_row) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const Index lanes = static_cast<Index>(hn::Lanes(d));

  const T* a[kTileRows];
  V sum[kTileRows][kTileVectors];
  for (int m = 0; m < kTileRows; ++m) {
    a[m] = job.a + job.rows[first_row + m];
    for (int v = 0; v < kTileVectors; ++v) sum[m][v] = hn::Zero(d);
  }
  for (Index g = 0; g < job.segment_count; ++g) {
    const T* HWY_RESTRICT b = job.b + job.segments[g].b;
    Index at = job.segments[g].a;
    for (Index t = 0; t < job.run; ++t) {
      V column[kTileVectors];
      for (int v = 0; v < kTileVectors; ++v) column[v] = hn::LoadU(d, b + v * lanes);
      for (int m = 0; m < kTileRows; ++m) {
        const V factor = hn::Set(d, a[m][at]);
        for (int v = 0; v < kTileVectors; ++v) {
          sum[m][v] = hn::MulAdd(factor, column[v], sum[m][v]);
        }
      }
      at += job.a_step;
      b += job.b_step;
    }
  }
  for (int m = 0; m < kTileRows; ++m) {
    T* y = job.y + job.y_rows[first_row + m];
    for (int v = 0; v < kTileVectors; ++v) {
      const Index left = job.columns - v * lanes;
      if (left >= lanes) {
        const V before = job.accumulate ? hn::LoadU(d, y + v * lanes) : hn::Zero(d);
        hn::StoreU(hn::Add(before, sum[m][v]), d, y + v * lanes);
      } else {
        HWY_ALIGN T part[HWY_MAX_BYTES / sizeof(T)];
        hn::Store(sum[m][v], d, part);
        for (Index k = 0; k < left; ++k) {
          y[v * lanes + k] = job.accumulate ? y[v * lanes + k] + part[k] : part[k];
        }
      }
    }
  }
}

template <int kTileVectors, typename T>
HWY_INLINE void all_rows(const TileJob<T>& job) {
  Index row = 0;
  for (; row + kRows <= job.row_count; row += kRows) tile<kRows, kTileVectors>(job, row);
  if constexpr (kRows > 4) {
    if (row + 4 <= job.row_count) {
      tile<4, kTileVectors>(job, row);
      row += 4;
    }
  }
  if (row + 2 <= job.row_count) {
    tile<2, kTileVectors>(job, row);
    row += 2;
  }
  if (row < job.row_count) tile<1, kTileVectors>(job, row);
}

template <typename T>
HWY_INLINE void all_columns(const TileJob<T>& job) {
  const hn::ScalableTag<T> d;
  if (job.columns > static_cast<Index>(hn::Lanes(d))) {
    all_rows<kVectors>(job);
  } else {
    all_rows<1>(job);
  }
}

void tiles_f32(const TileJob<float>& job) {
  all_columns(job);
}
void tiles_f64(const TileJob<double>& job) {
  all_columns(job);
}

Index lanes_f32() {
  return static_cast<Index>(hn::Lanes(hn::ScalableTag<float>()));
}
Index lanes_f64() {
  return static_cast<Index>(hn::Lanes(hn::ScalableTag<double>()));
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace autonet::cpu {

HWY_EXPORT(tiles_f32);
HWY_EXPORT(tiles_f64);
HWY_EXPORT(lanes_f32);
HWY_EXPORT(lanes_f64);

void run_tiles(const TileJob<float>& job) {
  HWY_DYNAMIC_DISPATCH(tiles_f32)(job);
}
void run_tiles(const TileJob<double>& job) {
  HWY_DYNAMIC_DISPATCH(tiles_f64)(job);
}

Index vector_length(DType dtype) {
  return dtype == DType::f32 ? HWY_DYNAMIC_DISPATCH(lanes_f32)()
                             : HWY_DYNAMIC_DISPATCH(lanes_f64)();
}

Index panel_width(DType dtype) {
  return 2 * vector_length(dtype);
}

}  // namespace autonet::cpu
#endif  // HWY_ONCE
