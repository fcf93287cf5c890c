#include "ops/cpu/winograd_weights.h"

#include <algorithm>
#include <cstring>

#include "ops/cpu/carver.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/winograd_plans.h"

// Compiled once for each instruction set; a tile is an array of vectors, which the targets with
// vectors of unknown length do not have.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/winograd_weights.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "ops/cpu/winograd_transforms.h"

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Transforms the tiles of groups first … first + count - 1 of a factor; zeros fill up vectors and
/// groups.
template <typename Transform>
HWY_INLINE void transform_groups(const TileGrid& grid, const WinogradWeightsPlan::Factor& f,
                                 const float* zeros, Index first, Index count, float* out) {
  constexpr Index kSide = Transform::kIn;
  constexpr Index kPixels = kSide * kSide;
  const hn::ScalableTag<float> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  const Index channels = f.images.channels;
  const Index whole = channels / lanes * lanes;
  HWY_ALIGN float rest[kPixels * HWY_MAX_BYTES / sizeof(float)] = {};
  const float* rests[kPixels];
  for (Index i = 0; i < kPixels; ++i) rests[i] = rest + i * lanes;

  const auto transform = [&](Index t, auto& pixels) HWY_ATTR {
    float* to = out + t / kTogether * f.group_size() + t % kTogether * f.width;
    for (Index c = 0; c < whole; c += lanes) {
      transform_pixels<Transform>(d, pixels, c, to + f.channel_at(c), f.step);
    }
    if (whole == channels) return;
    for (Index i = 0; i < kPixels; ++i) {
      std::memcpy(rest + i * lanes, pixels[i] + whole,
                  static_cast<size_t>(channels - whole) * sizeof(float));
    }
    transform_pixels<Transform>(d, rests, 0, to + f.channel_at(whole), f.step);
  };
  visit_tiles<kSide>(grid, f.images, zeros, first * kTogether, count * kTogether, transform);
}

void transform_images(const WinogradWeightsPlan& q, const float* zeros, Index first, Index count,
                      float* images) {
  transform_groups<InputTransform>(q.grid, q.x, zeros, first, count, images);
}
void transform_cotangents(const WinogradWeightsPlan& q, const float* zeros, Index first,
                          Index count, float* cotangents) {
  transform_groups<CotangentTransform>(q.grid, q.ybar, zeros, first, count, cotangents);
}

/// Adds the parts and writes the taps of channels first … end - 1 to wbar [C,3,3,K].
void write_taps(const WinogradWeightsPlan& q, const float* sums, Index first, Index end,
                float* wbar) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  const Index outputs = q.ybar.images.channels;
  for (Index c = first; c < end; ++c) {
    for (Index k = 0; k < outputs; k += lanes) {
      const float* from = sums + c * q.sum_row + k;
      const auto sum = [&](Index i, Index j) HWY_ATTR {
        const float* at = from + (i * kPatchSide + j) * q.sum_step;
        V total = hn::LoadU(d, at);
        for (Index part = 1; part < q.parts; ++part) {
          total = hn::Add(total, hn::LoadU(d, at + part * q.sum_size));
        }
        return total;
      };
      const auto store = [&](Index r, Index s, V tap) HWY_ATTR {
        float* to = wbar + (c * 9 + r * 3 + s) * outputs + k;
        if (k + lanes <= outputs) return hn::StoreU(tap, d, to);
        HWY_ALIGN float rest[HWY_MAX_BYTES / sizeof(float)] = {};
        hn::Store(tap, d, rest);
        for (Index i = 0; i < outputs - k; ++i) to[i] = rest[i];
      };
      along_both_axes<KernelGradientTransform>(d, sum, store);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace autonet::cpu {

HWY_EXPORT(transform_images);
HWY_EXPORT(transform_cotangents);
HWY_EXPORT(write_taps);

namespace {

// Groups that a tile of run_tiles sums before it writes its sums to memory: enough to pay for that,
// and so few that the cotangents, 32 floats a tile, stay in the first-level cache.
constexpr Index kDepth = 16;

/// Where the numbers of a chunk of groups lie, for run_tiles.
struct Places {
  const Index* channels;    // where a channel's numbers begin
  const Index* sum_rows;    // where a channel's sums begin
  const Segment* segments;  // where a group's numbers begin
};

/// sums += the products of `groups` groups at point p.
void multiply(const WinogradWeightsPlan& q, const Places& places, const float* images,
              const float* cotangents, Index p, Index groups, bool accumulate, float* sums) {
  for (Index first = 0; first < groups; first += kDepth) {
    for (Index v = 0; v < q.panels; ++v) {
      run_tiles(TileJob<float>{.a = images + p * q.x.step,
                               .rows = places.channels,
                               .row_count = q.x.images.channels,
                               .b = cotangents + p * q.ybar.step + v * kTogether * q.ybar.width,
                               .segments = places.segments + first,
                               .segment_count = std::min(kDepth, groups - first),
                               .run = kTogether,
                               .a_step = q.x.width,
                               .b_step = q.ybar.width,
                               .y = sums + p * q.sum_step + v * q.panel,
                               .y_rows = places.sum_rows,
                               .columns = std::min(q.panel, q.sum_row - v * q.panel),
                               .accumulate = accumulate || first > 0});
    }
  }
}

}  // namespace

bool winograd_weights_fit(const Sizes& q) {
  const TileGrid grid(q.channels, q.kernel_rows, q.kernel_cols);
  return q.out_rows == 3 && q.out_cols == 3 && q.groups == 1 && q.x_image == 1 && q.w_output == 1 &&
         q.unit_steps() && q.channels > 0 &&
         winograd_pays(q.images, q.outputs, static_cast<double>(grid.count),
                       static_cast<double>(q.channels * q.kernel_rows * q.kernel_cols));
}

void winograd_weights(Context& context, const Problem<float>& q) {
  const WinogradWeightsPlan plan(q, context.is_leaf());
  const Index channels = q.images;  // of the layer's input: see sum_outer_products()
  const Index most_channels = std::max(channels, q.outputs);
  const Index images_size = plan.chunk * plan.x.group_size();
  const Index cotangents_size = plan.chunk * plan.ybar.group_size();
  const std::size_t chunk_bytes =
      Carver::size<float>(images_size) + Carver::size<float>(cotangents_size);
  const bool together = plan.parts == 1;  // the workers share a chunk
  Carver shared(context.shared_scratch(
      2 * Carver::size<Index>(channels) + Carver::size<Segment>(plan.chunk) +
      Carver::size<float>(most_channels) + Carver::size<float>(plan.parts * plan.sum_size) +
      (together ? chunk_bytes : 0)));
  Index* rows = shared.take<Index>(channels);
  Index* sum_rows = shared.take<Index>(channels);
  Segment* segments = shared.take<Segment>(plan.chunk);
  float* zeros = shared.take<float>(most_channels);
  float* sums = shared.take<float>(plan.parts * plan.sum_size);
  std::fill_n(zeros, most_channels, 0.0F);
  for (Index c = 0; c < channels; ++c) {
    rows[c] = plan.x.channel_at(c);
    sum_rows[c] = c * plan.sum_row;
  }
  for (Index g = 0; g < plan.chunk; ++g) {
    segments[g] = {.a = g * plan.x.group_size(), .b = g * plan.ybar.group_size()};
  }
  const Places places{.channels = rows, .sum_rows = sum_rows, .segments = segments};
  const auto transform_x = HWY_DYNAMIC_DISPATCH(transform_images);
  const auto transform_ybar = HWY_DYNAMIC_DISPATCH(transform_cotangents);
  const double products =
      static_cast<double>(plan.grid.count) * static_cast<double>(kPoints * channels * q.outputs);
  const bool small = products < kSmallWork;

  if (together) {
    float* images = shared.take<float>(images_size);
    float* cotangents = shared.take<float>(cotangents_size);
    for (Index first = 0; first < plan.groups; first += plan.chunk) {
      const Index groups = std::min(plan.chunk, plan.groups - first);
      for_pieces(context, small, 2 * groups, [&](Index piece, int) {
        const Index g = piece / 2;
        if (piece % 2 == 0) {
          transform_x(plan, zeros, first + g, 1, images + g * plan.x.group_size());
        } else {
          transform_ybar(plan, zeros, first + g, 1, cotangents + g * plan.ybar.group_size());
        }
      });
      for_pieces(context, small, kPoints, [&](Index p, int) {
        multiply(plan, places, images, cotangents, p, groups, first > 0, sums);
      });
    }
  } else {
    for_pieces(context, small, plan.parts, [&](Index part, int worker) {
      Carver own(context.scratch(worker, chunk_bytes));
      float* images = own.take<float>(images_size);
      float* cotangents = own.take<float>(cotangents_size);
      const Index begin = plan.groups * part / plan.parts;
      const Index end = plan.groups * (part + 1) / plan.parts;
      for (Index first = begin; first < end; first += plan.chunk) {
        const Index groups = std::min(plan.chunk, end - first);
        transform_x(plan, zeros, first, groups, images);
        transform_ybar(plan, zeros, first, groups, cotangents);
        for (Index p = 0; p < kPoints; ++p) {
          multiply(plan, places, images, cotangents, p, groups, first > begin,
                   sums + part * plan.sum_size);
        }
      }
    });
  }

  constexpr Index kChannels = 4;
  for_pieces(context, plan.parts * plan.sum_size < kSmallMove,
             (channels + kChannels - 1) / kChannels, [&](Index piece, int) {
               const Index first = piece * kChannels;
               HWY_DYNAMIC_DISPATCH(write_taps)
               (plan, sums, first, std::min(channels, first + kChannels), q.y);
             });
}

}  // namespace autonet::cpu
#endif  // HWY_ONCE
