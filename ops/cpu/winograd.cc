#include "ops/cpu/winograd.h"

#include <hwy/cache_control.h>
#include <algorithm>

#include "ops/cpu/carver.h"
#include "ops/cpu/pack.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/tile.h"
#include "ops/cpu/winograd_tiles.h"

// Compiled once for each instruction set; a tile is an array of vectors, which the targets with
// vectors of unknown length do not have.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/winograd.cc"
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "ops/cpu/winograd_matrices.h"

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr Index kSide = WinogradTiles::kSide;
constexpr Index kSeen = WinogradTiles::kSeen;

/// part(d, c) for runs of channels that fill a vector of type d; the last run may overlap the one
/// before, which then writes the same numbers twice. Where there is no whole run, single channels.
template <typename Part>
HWY_INLINE void in_vectors(Index channels, Part part) {
  const hn::ScalableTag<float> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  if (channels < lanes) {
    for (Index c = 0; c < channels; ++c) part(hn::CappedTag<float, 1>(), c);
    return;
  }
  Index c = 0;
  for (; c + lanes <= channels; c += lanes) part(d, c);
  if (c < channels) part(d, channels - lanes);
}

/// v[p · step + c] = (B' x B)[p] of the tile whose pixels are x[row][col][c].
HWY_INLINE void see_tile(const float* const (&x)[kSeen][kSeen], Index channels, float* v,
                         Index step) {
  in_vectors(channels, [&](auto d, Index c) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    V half[kSeen][kSeen];  // [col][point]
    for (Index j = 0; j < kSeen; ++j) {
      V column[kSeen];
      for (Index i = 0; i < kSeen; ++i) column[i] = hn::LoadU(d, x[i][j] + c);
      see(d, column, half[j]);
    }
    for (Index i = 0; i < kSeen; ++i) {
      V row[kSeen];
      V all[kSeen];
      for (Index j = 0; j < kSeen; ++j) row[j] = half[j][i];
      see(d, row, all);
      for (Index j = 0; j < kSeen; ++j) hn::StoreU(all[j], d, v + (i * kSeen + j) * step + c);
    }
  });
}

void see_tiles(const WinogradTiles& q, const float* x, const float* zeros, Index first, Index count,
               float* seen) {
  const float* pixels[2][kSeen][kSeen];
  q.find_pixels(x, zeros, q.place(first), pixels[0]);
  for (Index t = 0; t < count; ++t) {
    if (t + 1 < count) {
      // The rows of a tile are too short for the hardware to foresee the next ones.
      auto& next = pixels[(t + 1) % 2];
      q.find_pixels(x, zeros, q.place(first + t + 1), next);
      for (const auto& row : next) {
        for (const float* pixel : row) {
          for (Index c = 0; c < q.channels; c += 16) hwy::Prefetch(pixel + c);
        }
      }
    }
    see_tile(pixels[t % 2], q.channels, seen + q.seen_at(t), q.seen_step);
  }
}

/// u[p · step + k] = (G w G')[p] for the taps w[tap · width + k].
void spread_weights(const float* w, Index width, float* u, Index step) {
  in_vectors(width, [&](auto d, Index k) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    V half[3][kSeen];  // [col][point]
    for (Index s = 0; s < 3; ++s) {
      V column[3];
      for (Index r = 0; r < 3; ++r) column[r] = hn::LoadU(d, w + (r * 3 + s) * width + k);
      spread(d, column, half[s]);
    }
    for (Index i = 0; i < kSeen; ++i) {
      const V row[3] = {half[0][i], half[1][i], half[2][i]};
      V all[kSeen];
      spread(d, row, all);
      for (Index j = 0; j < kSeen; ++j) hn::StoreU(all[j], d, u + (i * kSeen + j) * step + k);
    }
  });
}

/// Writes the outputs A' m A of a tile, rows by cols of them inside the image, to y; `epilogue` is
/// seen from the tile too.
HWY_INLINE void collect_tile(const WinogradTiles& q, const float* m, Index rows, Index cols,
                             const Epilogue<float>& epilogue, float* y) {
  in_vectors(q.outputs, [&](auto d, Index k) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    V half[kSeen][kSide];  // [col][row]
    for (Index j = 0; j < kSeen; ++j) {
      V column[kSeen];
      for (Index i = 0; i < kSeen; ++i) {
        column[i] = hn::LoadU(d, m + (i * kSeen + j) * q.product_step + k);
      }
      collect(d, column, half[j]);
    }
    const V zero = hn::Zero(d);
    const V bias = epilogue.bias != nullptr ? hn::LoadU(d, epilogue.bias + k) : zero;
    for (Index i = 0; i < kSide; ++i) {
      if (i >= rows) break;
      V row[kSeen];
      V sums[kSide];
      for (Index j = 0; j < kSeen; ++j) row[j] = half[j][i];
      collect(d, row, sums);
      for (Index j = 0; j < kSide; ++j) {
        if (j >= cols) break;
        const Index at = (i * q.out_cols + j) * q.outputs + k;
        V sum = sums[j];
        if (epilogue.bias != nullptr) sum = hn::Add(sum, bias);
        if (epilogue.relu) sum = hn::IfThenElse(hn::Lt(sum, zero), zero, sum);  // a NaN stays
        if (epilogue.gate != nullptr) {
          sum = hn::IfThenElseZero(hn::Gt(hn::LoadU(d, epilogue.gate + at), zero), sum);
        }
        hn::StoreU(sum, d, y + at);
      }
    }
  });
}

void collect_tiles(const WinogradTiles& q, const float* products, Index first, Index count,
                   const Epilogue<float>& epilogue, float* y) {
  for (Index t = 0; t < count; ++t) {
    if (t + 1 < count) {
      // Lines that are only written are still read first.
      const WinogradTiles::Place next = q.place(first + t + 1);
      const Index size = std::min(kSide, q.out_cols - next.col) * q.outputs;
      for (Index i = 0; i < std::min(kSide, q.out_rows - next.row); ++i) {
        const float* row = y + q.output_at(next) + i * q.out_cols * q.outputs;
        for (Index k = 0; k < size; k += 16) hwy::Prefetch(row + k);
      }
    }
    const WinogradTiles::Place to = q.place(first + t);
    const Index at = q.output_at(to);
    Epilogue<float> here = epilogue;
    if (here.gate != nullptr) here.gate += at;
    collect_tile(q, products + q.product_at(t), q.out_rows - to.row, q.out_cols - to.col, here,
                 y + at);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace autonet::cpu {

HWY_EXPORT(see_tiles);
HWY_EXPORT(spread_weights);
HWY_EXPORT(collect_tiles);

namespace {

constexpr Index kPoints = WinogradTiles::kPoints;

/// Transforms the weights of one panel of outputs for channels first … end - 1.
void pack_weights(const WinogradTiles& q, const Array& w, Index panel, Index first, Index end,
                  float* taps, float* packed) {
  const auto spread = HWY_DYNAMIC_DISPATCH(spread_weights);
  const Index columns = std::min(q.panel, q.outputs - panel * q.panel);
  const float* outputs = w.data<float>() + panel * q.panel * w.stride(3);
  for (Index c = first; c < end; ++c) {
    for (Index r = 0; r < 3; ++r) {
      for (Index s = 0; s < 3; ++s) {
        pack_panel(outputs + r * w.stride(0) + s * w.stride(1) + c * w.stride(2), 1, 0, w.stride(3),
                   columns, q.width, taps + (r * 3 + s) * q.width);
      }
    }
    spread(taps, q.width, packed + (panel * q.channels + c) * q.width, q.pack_step);
  }
}

/// The products of a piece, point by point.
void multiply(const WinogradTiles& q, const float* seen, const Index* seen_rows,
              const float* packed, Index count, const Index* product_rows, float* products) {
  const Segment whole;
  for (Index p = 0; p < kPoints; ++p) {
    for (Index v = 0; v < q.panels; ++v) {
      TileJob<float> job;
      job.a = seen + p * q.seen_step;
      job.rows = seen_rows;
      job.row_count = count;
      job.b = packed + p * q.pack_step + v * q.channels * q.width;
      job.segments = &whole;
      job.segment_count = 1;
      job.run = q.channels;
      job.a_step = 1;
      job.b_step = q.width;
      job.y = products + p * q.product_step + v * q.panel;
      job.y_rows = product_rows;
      job.columns = std::min(q.panel, q.product_row - v * q.panel);
      run_tiles(job);
    }
  }
}

}  // namespace

bool winograd_fits(const Array& x, const Array& w, const Window& window, const Array& y) {
  const auto plain = [](const AxisWindow& p) {
    return p.stride == 1 && p.kernel_dilation == 1 && p.input_dilation == 1;
  };
  const Index channels = w.shape()[2];
  const Index outputs = w.shape()[3];
  if (y.dtype() != DType::f32 || window.groups != 1 || !plain(window.rows) || !plain(window.cols) ||
      w.shape()[0] != 3 || w.shape()[1] != 3 || channels < 16 || outputs < 16 ||
      !x.is_contiguous() || y.size() == 0) {
    return false;
  }
  const WinogradTiles q(x, w, window, y);
  const auto real = [](Index n) { return static_cast<double>(n); };
  const double weights = real(channels) * real(outputs);
  const double direct = 9.0 * weights * real(x.shape()[0]) * real(q.out_rows) * real(q.out_cols);
  // In products: what a point costs in the transforms of a tile, and in that of the weights, which
  // grow out of the caches.
  const double tile = weights + 24.0 * real(channels + outputs);
  const double pack = weights * std::clamp(weights / 1024.0, 8.0, 64.0);
  return direct > 1.1 * real(kPoints) * (real(q.count) * tile + pack);
}

void winograd_correlate(Context& context, const Array& x, const Array& w, const Window& window,
                        Array& y, const Epilogue<float>& epilogue) {
  if (y.size() == 0) return;
  const WinogradTiles q(x, w, window, y);
  Carver shared(context.shared_scratch(Carver::size<float>(kPoints * q.pack_step) +
                                       Carver::size<float>(q.channels) +
                                       2 * Carver::size<Index>(q.piece_tiles)));
  float* packed = shared.take<float>(kPoints * q.pack_step);
  float* zeros = shared.take<float>(q.channels);
  Index* seen_rows = shared.take<Index>(q.piece_tiles);
  Index* product_rows = shared.take<Index>(q.piece_tiles);
  std::fill_n(zeros, q.channels, 0.0F);
  for (Index t = 0; t < q.piece_tiles; ++t) {
    seen_rows[t] = q.seen_at(t);
    product_rows[t] = q.product_at(t);
  }

  // Neighbouring channels together: each point's part of them then lies in one run.
  constexpr Index kChannels = 16;
  const Index parts = (q.channels + kChannels - 1) / kChannels;
  const Index weights = q.channels * q.outputs;
  for_pieces(
      context, kPoints * weights < kSmallMove, q.panels * parts, [&](Index piece, int worker) {
        float* taps =
            reinterpret_cast<float*>(context.scratch(worker, Carver::size<float>(9 * q.width)));
        const Index first = piece % parts * kChannels;
        pack_weights(q, w, piece / parts, first, std::min(q.channels, first + kChannels), taps,
                     packed);
      });

  const double products_in_all =
      static_cast<double>(q.count) * static_cast<double>(kPoints * weights);
  for_pieces(context, products_in_all < kSmallWork, q.pieces, [&](Index piece, int worker) {
    Carver own(context.scratch(
        worker, Carver::size<float>(q.seen_size()) + Carver::size<float>(q.product_size())));
    float* seen = own.take<float>(q.seen_size());
    float* products = own.take<float>(q.product_size());
    const Index first = piece * q.piece_tiles;
    const Index count = std::min(q.piece_tiles, q.count - first);
    HWY_DYNAMIC_DISPATCH(see_tiles)(q, x.data<float>(), zeros, first, count, seen);
    multiply(q, seen, seen_rows, packed, count, product_rows, products);
    HWY_DYNAMIC_DISPATCH(collect_tiles)(q, products, first, count, epilogue, y.data<float>());
  });
}

}  // namespace autonet::cpu
#endif  // HWY_ONCE
