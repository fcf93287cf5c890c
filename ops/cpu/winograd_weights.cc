#include "ops/cpu/winograd_weights.h"

#include <hwy/cache_control.h>
#include <algorithm>
#include <cstring>

#include "ops/cpu/carver.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/tile.h"
#include "ops/cpu/winograd_weights_tiles.h"

// Compiled once for each instruction set; a tile is an array of vectors, which the targets with
// vectors of unknown length do not have.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/winograd_weights.cc"
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "ops/cpu/winograd_matrices.h"

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// One axis of a tile of either factor, seen from the points.
template <typename D, typename V = hn::Vec<D>>
HWY_INLINE void to_points(D d, const V (&x)[WeightTiles::kSeen], V (&v)[WeightTiles::kSeen]) {
  see(d, x, v);
}
template <typename D, typename V = hn::Vec<D>>
HWY_INLINE void to_points(D d, const V (&y)[WeightTiles::kSide], V (&v)[WeightTiles::kSeen]) {
  send(d, y, v);
}

/// The transform of a vector of channels of a tile, pixels[row · kLength + col][c …].
template <Index kLength, typename D>
HWY_INLINE void transform(D d, const float* const (&pixels)[kLength * kLength], Index c, float* out,
                          Index step) {
  using V = hn::Vec<D>;
  constexpr Index kSeen = WeightTiles::kSeen;
  V half[kLength][kSeen];  // [col][point]
  for (Index j = 0; j < kLength; ++j) {
    V column[kLength];
    for (Index i = 0; i < kLength; ++i) column[i] = hn::LoadU(d, pixels[i * kLength + j] + c);
    to_points(d, column, half[j]);
  }
  for (Index i = 0; i < kSeen; ++i) {
    V row[kLength];
    V all[kSeen];
    for (Index j = 0; j < kLength; ++j) row[j] = half[j][i];
    to_points(d, row, all);
    for (Index j = 0; j < kSeen; ++j) hn::StoreU(all[j], d, out + (i * kSeen + j) * step);
  }
}

/// Transforms the tiles of groups first … first + count - 1; zeros fill up vectors and groups.
template <Index kLength>
HWY_INLINE void transform_groups(const WeightTiles& q, const WeightTiles::Factor& f,
                                 const float* zeros, Index first, Index count, float* out) {
  constexpr Index kTogether = WeightTiles::kTogether;
  constexpr Index kPixels = kLength * kLength;
  const hn::ScalableTag<float> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  const Index whole = f.channels / lanes * lanes;
  HWY_ALIGN float rest[kPixels * HWY_MAX_BYTES / sizeof(float)] = {};
  const float* rests[kPixels];
  for (Index i = 0; i < kPixels; ++i) rests[i] = rest + i * lanes;

  const float* pixels[2][kPixels];
  q.find_pixels<kLength>(f, zeros, first * kTogether, pixels[0]);
  for (Index t = 0; t < count * kTogether; ++t) {
    const auto& now = pixels[t % 2];
    if (t + 1 < count * kTogether) {
      // The rows of a tile are too short for the hardware to foresee the next ones.
      auto& next = pixels[(t + 1) % 2];
      q.find_pixels<kLength>(f, zeros, first * kTogether + t + 1, next);
      for (const float* pixel : next) {
        for (Index c = 0; c < f.channels; c += 16) hwy::Prefetch(pixel + c);
      }
    }
    float* to = out + t / kTogether * f.group_size() + t % kTogether * f.width;
    const auto at = [&](Index c) { return c / f.width * kTogether * f.width + c % f.width; };
    for (Index c = 0; c < whole; c += lanes) transform<kLength>(d, now, c, to + at(c), f.step);
    if (whole == f.channels) continue;
    for (Index i = 0; i < kPixels; ++i) {
      std::memcpy(rest + i * lanes, now[i] + whole,
                  static_cast<size_t>(f.channels - whole) * sizeof(float));
    }
    transform<kLength>(d, rests, 0, to + at(whole), f.step);
  }
}

void see_images(const WeightTiles& q, const float* zeros, Index first, Index count, float* seen) {
  transform_groups<WeightTiles::kSeen>(q, q.x, zeros, first, count, seen);
}
void send_cotangents(const WeightTiles& q, const float* zeros, Index first, Index count,
                     float* sent) {
  transform_groups<WeightTiles::kSide>(q, q.ybar, zeros, first, count, sent);
}

/// Adds up the parts and writes the taps of channels first … end - 1 to wbar [C,3,3,K].
void gather_taps(const WeightTiles& q, const float* sums, Index first, Index end, float* wbar) {
  constexpr Index kSeen = WeightTiles::kSeen;
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  const Index outputs = q.ybar.channels;
  for (Index c = first; c < end; ++c) {
    for (Index k = 0; k < outputs; k += lanes) {
      const float* from = sums + c * q.sum_row + k;
      V half[kSeen][3];  // [col][tap]
      for (Index j = 0; j < kSeen; ++j) {
        V column[kSeen];
        for (Index i = 0; i < kSeen; ++i) {
          const float* at = from + (i * kSeen + j) * q.sum_step;
          column[i] = hn::LoadU(d, at);
          for (Index part = 1; part < q.parts; ++part) {
            column[i] = hn::Add(column[i], hn::LoadU(d, at + part * q.sum_size));
          }
        }
        gather(d, column, half[j]);
      }
      for (Index r = 0; r < 3; ++r) {
        V row[kSeen];
        V taps[3];
        for (Index j = 0; j < kSeen; ++j) row[j] = half[j][r];
        gather(d, row, taps);
        for (Index s = 0; s < 3; ++s) {
          float* to = wbar + (c * 9 + r * 3 + s) * outputs + k;
          if (k + lanes <= outputs) {
            hn::StoreU(taps[s], d, to);
            continue;
          }
          HWY_ALIGN float rest[HWY_MAX_BYTES / sizeof(float)] = {};
          hn::Store(taps[s], d, rest);
          for (Index i = 0; i < outputs - k; ++i) to[i] = rest[i];
        }
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace autonet::cpu {

HWY_EXPORT(see_images);
HWY_EXPORT(send_cotangents);
HWY_EXPORT(gather_taps);

namespace {

constexpr Index kPoints = WeightTiles::kPoints;
constexpr Index kTogether = WeightTiles::kTogether;

// Groups that a tile of run_tiles sums up before it goes back to memory: long enough to pay for the
// way, short enough for the cotangents, 32 floats a tile, to stay in the first-level cache.
constexpr Index kDepth = 16;

/// What run_tiles needs to know of a chunk.
struct Places {
  const Index* channels;    // where a channel's numbers begin
  const Index* sum_rows;    // and its sums
  const Segment* segments;  // where a group's numbers begin
};

/// sums += the products of `groups` groups at point p.
void multiply(const WeightTiles& q, const Places& places, const float* seen, const float* sent,
              Index p, Index groups, bool accumulate, float* sums) {
  for (Index first = 0; first < groups; first += kDepth) {
    for (Index v = 0; v < q.panels; ++v) {
      TileJob<float> job;
      job.a = seen + p * q.x.step;
      job.rows = places.channels;
      job.row_count = q.x.channels;
      job.b = sent + p * q.ybar.step + v * kTogether * q.ybar.width;
      job.segments = places.segments + first;
      job.segment_count = std::min(kDepth, groups - first);
      job.run = kTogether;
      job.a_step = q.x.width;
      job.b_step = q.ybar.width;
      job.y = sums + p * q.sum_step + v * q.panel;
      job.y_rows = places.sum_rows;
      job.columns = std::min(q.panel, q.sum_row - v * q.panel);
      job.accumulate = accumulate || first > 0;
      run_tiles(job);
    }
  }
}

}  // namespace

bool winograd_weights_fit(const Problem<float>& q) {
  const auto plain = [](const AxisWindow& p) {
    return p.stride == 1 && p.kernel_dilation == 1 && p.input_dilation == 1;
  };
  if (q.out_rows != 3 || q.out_cols != 3 || q.groups != 1 || q.x_image != 1 || q.w_output != 1 ||
      !plain(q.window.rows) || !plain(q.window.cols) || q.channels == 0) {
    return false;
  }
  if (q.images < 16 || q.outputs < 16) return false;
  const auto real = [](Index n) { return static_cast<double>(n); };
  const double pairs = real(q.images) * real(q.outputs);
  const double direct = 9.0 * pairs * real(q.channels) * real(q.kernel_rows * q.kernel_cols);
  const double tiles = real(q.channels) * real((q.kernel_rows + 3) / 4 * ((q.kernel_cols + 3) / 4));
  const double tile = pairs + 24.0 * real(q.images + q.outputs);
  const double sums = pairs * std::clamp(pairs / 1024.0, 8.0, 64.0);
  return direct > 1.1 * real(kPoints) * (tiles * tile + sums);
}

void winograd_weights(Context& context, const Problem<float>& q) {
  const WeightTiles tiles(q);
  const Index channels = tiles.x.channels;
  const Index most_channels = std::max(channels, tiles.ybar.channels);
  const Index seen_size = tiles.chunk * tiles.x.group_size();
  const Index sent_size = tiles.chunk * tiles.ybar.group_size();
  const std::size_t chunk_bytes = Carver::size<float>(seen_size) + Carver::size<float>(sent_size);
  const bool together = tiles.parts == 1;  // do the workers share a chunk?
  Carver shared(context.shared_scratch(
      2 * Carver::size<Index>(channels) + Carver::size<Segment>(tiles.chunk) +
      Carver::size<float>(most_channels) + Carver::size<float>(tiles.parts * tiles.sum_size) +
      (together ? chunk_bytes : 0)));
  Index* rows = shared.take<Index>(channels);
  Index* sum_rows = shared.take<Index>(channels);
  Segment* segments = shared.take<Segment>(tiles.chunk);
  float* zeros = shared.take<float>(most_channels);
  float* sums = shared.take<float>(tiles.parts * tiles.sum_size);
  std::fill_n(zeros, most_channels, 0.0F);
  for (Index c = 0; c < channels; ++c) {
    rows[c] = c / tiles.x.width * kTogether * tiles.x.width + c % tiles.x.width;
    sum_rows[c] = c * tiles.sum_row;
  }
  for (Index g = 0; g < tiles.chunk; ++g) {
    segments[g] = {g * tiles.x.group_size(), g * tiles.ybar.group_size()};
  }
  const Places places{rows, sum_rows, segments};
  const auto see = HWY_DYNAMIC_DISPATCH(see_images);
  const auto send = HWY_DYNAMIC_DISPATCH(send_cotangents);
  const double products = static_cast<double>(tiles.count) *
                          static_cast<double>(kPoints * channels * tiles.ybar.channels);
  const bool small = products < kSmallWork;

  if (together) {
    float* seen = shared.take<float>(seen_size);
    float* sent = shared.take<float>(sent_size);
    for (Index first = 0; first < tiles.groups; first += tiles.chunk) {
      const Index groups = std::min(tiles.chunk, tiles.groups - first);
      for_pieces(context, small, 2 * groups, [&](Index piece, int) {
        const Index g = piece / 2;
        if (piece % 2 == 0) {
          see(tiles, zeros, first + g, 1, seen + g * tiles.x.group_size());
        } else {
          send(tiles, zeros, first + g, 1, sent + g * tiles.ybar.group_size());
        }
      });
      for_pieces(context, small, kPoints, [&](Index p, int) {
        multiply(tiles, places, seen, sent, p, groups, first > 0, sums);
      });
    }
  } else {
    for_pieces(context, small, tiles.parts, [&](Index part, int worker) {
      Carver own(context.scratch(worker, chunk_bytes));
      float* seen = own.take<float>(seen_size);
      float* sent = own.take<float>(sent_size);
      const Index begin = tiles.groups * part / tiles.parts;
      const Index end = tiles.groups * (part + 1) / tiles.parts;
      for (Index first = begin; first < end; first += tiles.chunk) {
        const Index groups = std::min(tiles.chunk, end - first);
        see(tiles, zeros, first, groups, seen);
        send(tiles, zeros, first, groups, sent);
        for (Index p = 0; p < kPoints; ++p) {
          multiply(tiles, places, seen, sent, p, groups, first > begin,
                   sums + part * tiles.sum_size);
        }
      }
    });
  }

  constexpr Index kChannels = 4;
  for_pieces(context, tiles.parts * tiles.sum_size < kSmallMove,
             (channels + kChannels - 1) / kChannels, [&](Index piece, int) {
               const Index first = piece * kChannels;
               HWY_DYNAMIC_DISPATCH(gather_taps)
               (tiles, sums, first, std::min(channels, first + kChannels), q.y);
             });
}

}  // namespace autonet::cpu
#endif  // HWY_ONCE
