#include "ops/cpu/tile.h"

// Compiled once for each instruction set; the tiles are arrays of vectors, which the targets with
// vectors of unknown length do not have.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/tile.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "ops/cpu/epilogue_vectors.h"

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

/// The first `left` numbers at p, at most a vector of them, and zeros.
template <typename D, typename T>
HWY_INLINE hn::Vec<D> load(D d, const T* p, Index left) {
  if (left >= static_cast<Index>(hn::Lanes(d))) return hn::LoadU(d, p);
  HWY_ALIGN T part[HWY_MAX_BYTES / sizeof(T)] = {};
  for (Index k = 0; k < left; ++k) part[k] = p[k];
  return hn::Load(d, part);
}

template <typename D, typename T>
HWY_INLINE void store(D d, hn::Vec<D> y, T* p, Index left) {
  if (left >= static_cast<Index>(hn::Lanes(d))) return hn::StoreU(y, d, p);
  HWY_ALIGN T part[HWY_MAX_BYTES / sizeof(T)];
  hn::Store(y, d, part);
  for (Index k = 0; k < left; ++k) p[k] = part[k];
}

/// How the rows of a tile lie in a. The accumulators leave few registers for addresses, so it pays
/// to compute the addresses from few of them.
enum class Rows {
  adjacent,  // row m begins m numbers after row 0
  even,      // in groups of eight, row m of a group begins m·gap numbers after its first
  any,
};

/// The numbers that a tile's rows hold at one step of the sum.
template <int kTileRows, Rows kLayout, typename T>
class RowReader {
 public:
  RowReader(const TileJob<T>& job, Index first_row) {
    const Index* rows = job.rows + first_row;
    if constexpr (kLayout == Rows::any) {
      for (int m = 0; m < kTileRows; ++m) first_[m] = job.a + rows[m];
    } else {
      for (int g = 0; g < kGroups; ++g) {
        first_[g] = job.a + rows[kLayout == Rows::adjacent ? 0 : 8 * g];
      }
    }
    if constexpr (kLayout == Rows::even) {
      gap_ = (rows[1] - rows[0]) * static_cast<Index>(sizeof(T));
      gap3_ = 3 * gap_;
      gap5_ = 5 * gap_;
      gap7_ = 7 * gap_;
    }
  }

  /// Row m's number at offset `at`. m is a constant once this is inlined, so that one addressing
  /// mode of the machine computes the address.
  HWY_INLINE T at(int m, Index at) const {
    if constexpr (kLayout == Rows::adjacent) return first_[0][at + m];
    if constexpr (kLayout == Rows::any) return first_[m][at];
    const char* first = reinterpret_cast<const char*>(first_[m / 8] + at);
    const Index offsets[] = {0, gap_, 2 * gap_, gap3_, 4 * gap_, gap5_, 2 * gap3_, gap7_};
    return *reinterpret_cast<const T*>(first + offsets[m % 8]);
  }

 private:
  static constexpr int kGroups = kLayout == Rows::even ? (kTileRows + 7) / 8 : 1;
  const T* first_[kLayout == Rows::any ? kTileRows : kGroups];
  Index gap_ = 0, gap3_ = 0, gap5_ = 0, gap7_ = 0;  // bytes
};

template <int kTileRows, int kTileVectors, Rows kLayout, typename T>
HWY_INLINE void tile(const TileJob<T>& job, Index first_row) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const Index lanes = static_cast<Index>(hn::Lanes(d));

  const RowReader<kTileRows, kLayout, T> a(job, first_row);
  V sum[kTileRows][kTileVectors];
  for (int m = 0; m < kTileRows; ++m) {
    for (int v = 0; v < kTileVectors; ++v) sum[m][v] = hn::Zero(d);
  }
  const Index a_step = job.a_step;
  const Index b_step = job.b_step;
  for (const Segment *g = job.segments, *end = g + job.segment_count; g != end; ++g) {
    const T* HWY_RESTRICT b = job.b + g->b;
    Index at = g->a;
    for (Index t = job.run; t > 0; --t) {
      V column[kTileVectors];
      for (int v = 0; v < kTileVectors; ++v) column[v] = hn::LoadU(d, b + v * lanes);
      for (int m = 0; m < kTileRows; ++m) {
        const V factor = hn::Set(d, a.at(m, at));
        for (int v = 0; v < kTileVectors; ++v) {
          sum[m][v] = hn::MulAdd(factor, column[v], sum[m][v]);
        }
      }
      at += a_step;
      b += b_step;
    }
  }
  V bias[kTileVectors];
  for (int v = 0; v < kTileVectors; ++v) {
    bias[v] = job.epilogue.bias == nullptr
                  ? hn::Zero(d)
                  : load(d, job.epilogue.bias + v * lanes, job.columns - v * lanes);
  }
  for (int m = 0; m < kTileRows; ++m) {
    const Index row = job.y_rows[first_row + m];
    for (int v = 0; v < kTileVectors; ++v) {
      const Index at = row + v * lanes;
      const Index left = job.columns - v * lanes;
      V y = sum[m][v];
      if (job.accumulate) y = hn::Add(load(d, job.y + at, left), y);
      const auto gate = [&]() HWY_ATTR { return load(d, job.epilogue.gate + at, left); };
      store(d, finish(d, job.epilogue, y, bias[v], gate), job.y + at, left);
    }
  }
}

/// How kTileRows rows from `row` on lie in a.
template <int kTileRows, typename T>
HWY_INLINE Rows layout_of(const TileJob<T>& job, Index row) {
  const Index* rows = job.rows + row;
  const Index gap = rows[1] - rows[0];
  bool adjacent = true;
  bool even = true;
  for (int m = 1; m < kTileRows; ++m) {
    const Index step = rows[m] - rows[m - 1];
    adjacent = adjacent && step == 1;
    even = even && (step == gap || m % 8 == 0);
  }
  return adjacent ? Rows::adjacent : even ? Rows::even : Rows::any;
}

template <int kTileRows, int kTileVectors, typename T>
HWY_INLINE void tile_of(Rows layout, const TileJob<T>& job, Index row) {
  if (layout == Rows::adjacent) {
    tile<kTileRows, kTileVectors, Rows::adjacent>(job, row);
  } else if (layout == Rows::even) {
    tile<kTileRows, kTileVectors, Rows::even>(job, row);
  } else {
    tile<kTileRows, kTileVectors, Rows::any>(job, row);
  }
}

template <int kTileVectors, typename T>
HWY_INLINE void all_rows(const TileJob<T>& job) {
  // With one vector a row there are registers for twice as many rows, if the rows lie evenly.
  constexpr int kMost = kTileVectors == 1 ? 2 * kRows : kRows;
  Index row = 0;
  while (row + kRows <= job.row_count) {
    const bool many = kMost > kRows && row + kMost <= job.row_count;
    const Rows layout = many ? layout_of<kMost>(job, row) : Rows::any;
    if (many && layout != Rows::any) {
      tile_of<kMost, kTileVectors>(layout, job, row);
      row += kMost;
    } else {
      tile_of<kRows, kTileVectors>(layout_of<kRows>(job, row), job, row);
      row += kRows;
    }
  }
  if constexpr (kRows > 4) {
    if (row + 4 <= job.row_count) {
      tile<4, kTileVectors, Rows::any>(job, row);
      row += 4;
    }
  }
  if (row + 2 <= job.row_count) {
    tile<2, kTileVectors, Rows::any>(job, row);
    row += 2;
  }
  if (row < job.row_count) tile<1, kTileVectors, Rows::any>(job, row);
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
