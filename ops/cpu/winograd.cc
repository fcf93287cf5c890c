#include "ops/cpu/winograd.h"

#include <algorithm>

#include "ops/cpu/carver.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/winograd_plans.h"

// Compiled once for each instruction set; a tile is an array of vectors, which the targets with
// vectors of unknown length do not have.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/winograd.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "ops/cpu/epilogue_vectors.h"
#include "ops/cpu/vector_runs.h"
#include "ops/cpu/winograd_transforms.h"

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Writes B' x B of `count` tiles from `first` on.
void transform_inputs(const WinogradPlan& q, const float* zeros, Index first, Index count,
                      float* inputs) {
  visit_tiles<kPatchSide>(q.grid, q.x, zeros, first, count, [&](Index t, auto& pixels) HWY_ATTR {
    in_overlapping_vectors<float>(q.x.channels, [&](auto d, Index c) HWY_ATTR {
      transform_pixels<InputTransform>(d, pixels, c, inputs + q.input_at(t) + c, q.input_step);
    });
  });
}

/// u[p · step + k] = (G w G')[p] for the taps w[tap · width + k].
void transform_weights(const float* w, Index width, float* u, Index step) {
  const float* taps[9];
  for (Index tap = 0; tap < 9; ++tap) taps[tap] = w + tap * width;
  in_overlapping_vectors<float>(width, [&](auto d, Index k) HWY_ATTR {
    transform_pixels<KernelTransform>(d, taps, k, u + k, step);
  });
}

/// Writes the outputs A' m A of a tile, rows by cols of them inside the image, to y. The gate of
/// the epilogue begins at the tile too.
HWY_INLINE void transform_products(const WinogradPlan& q, const float* m, Index rows, Index cols,
                                   const Epilogue<float>& epilogue, float* y) {
  in_overlapping_vectors<float>(q.outputs, [&](auto d, Index k) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    const V bias = epilogue.bias != nullptr ? hn::LoadU(d, epilogue.bias + k) : hn::Zero(d);
    along_both_axes<OutputTransform>(
        d,
        [&](Index i, Index j)
            HWY_ATTR { return hn::LoadU(d, m + (i * kPatchSide + j) * q.product_step + k); },
        [&](Index i, Index j, V sum) HWY_ATTR {
          if (j >= cols) return;
          const Index at = (i * q.out_cols + j) * q.outputs + k;
          const auto gate = [&]() HWY_ATTR { return hn::LoadU(d, epilogue.gate + at); };
          hn::StoreU(finish(d, epilogue, sum, bias, gate), d, y + at);
        },
        rows);
  });
}

void write_outputs(const WinogradPlan& q, const float* products, Index first, Index count,
                   const Epilogue<float>& epilogue, float* y) {
  for (Index t = 0; t < count; ++t) {
    if (t + 1 < count) {
      // Cache lines that are only written are still read first.
      const TilePlace next = q.grid.place(first + t + 1);
      const Index size = std::min(kTileSide, q.out_cols - next.col) * q.outputs;
      for (Index i = 0; i < std::min(kTileSide, q.out_rows - next.row); ++i) {
        const float* row = y + q.output_at(next) + i * q.out_cols * q.outputs;
        for (Index k = 0; k < size; k += 16) hwy::Prefetch(row + k);
      }
    }
    const TilePlace to = q.grid.place(first + t);
    const Index at = q.output_at(to);
    transform_products(q, products + q.product_at(t), q.out_rows - to.row, q.out_cols - to.col,
                       epilogue.at(0, at), y + at);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace autonet::cpu {

HWY_EXPORT(transform_inputs);
HWY_EXPORT(transform_weights);
HWY_EXPORT(write_outputs);

namespace {

/// Transforms the weights of one panel of outputs for channels first … end - 1.
void pack_weights(const WinogradPlan& plan, const Problem<float>& q, Index panel, Index first,
                  Index end, float* taps, float* packed) {
  const auto transform = HWY_DYNAMIC_DISPATCH(transform_weights);
  const Index columns = std::min(plan.panel, q.outputs - panel * plan.panel);
  const float* outputs = q.w + panel * plan.panel * q.w_output;
  for (Index c = first; c < end; ++c) {
    for (Index r = 0; r < 3; ++r) {
      for (Index s = 0; s < 3; ++s) {
        pack_panel(outputs + r * q.w_row + s * q.w_col + c * q.w_channel, 1, 0, q.w_output, columns,
                   plan.width, taps + (r * 3 + s) * plan.width);
      }
    }
    transform(taps, plan.width, packed + (panel * q.channels + c) * plan.width, plan.weight_step);
  }
}

/// The products of a piece, point by point.
void multiply(const WinogradPlan& q, const float* inputs, const Index* input_rows,
              const float* packed, Index count, const Index* product_rows, float* products) {
  const Segment whole;
  for (Index p = 0; p < kPoints; ++p) {
    for (Index v = 0; v < q.panels; ++v) {
      run_tiles(TileJob<float>{.a = inputs + p * q.input_step,
                               .rows = input_rows,
                               .row_count = count,
                               .b = packed + p * q.weight_step + v * q.x.channels * q.width,
                               .segments = &whole,
                               .segment_count = 1,
                               .run = q.x.channels,
                               .a_step = 1,
                               .b_step = q.width,
                               .y = products + p * q.product_step + v * q.panel,
                               .y_rows = product_rows,
                               .columns = std::min(q.panel, q.product_row - v * q.panel)});
    }
  }
}

}  // namespace

bool winograd_fits(const Sizes& q) {
  const Index images_of_y = q.images * q.out_rows * q.out_cols;
  return q.groups == 1 && q.unit_steps() && q.kernel_rows == 3 && q.kernel_cols == 3 &&
         q.x_contiguous && images_of_y > 0 &&
         winograd_pays(q.channels, q.outputs,
                       static_cast<double>(TileGrid(q.images, q.out_rows, q.out_cols).count),
                       static_cast<double>(images_of_y));
}

void winograd_correlate(Context& context, const Problem<float>& q,
                        const Epilogue<float>& epilogue) {
  const WinogradPlan plan(q);
  Carver shared(context.shared_scratch(Carver::size<float>(kPoints * plan.weight_step) +
                                       Carver::size<float>(q.channels) +
                                       2 * Carver::size<Index>(plan.piece_tiles)));
  float* packed = shared.take<float>(kPoints * plan.weight_step);
  float* zeros = shared.take<float>(q.channels);
  Index* input_rows = shared.take<Index>(plan.piece_tiles);
  Index* product_rows = shared.take<Index>(plan.piece_tiles);
  std::fill_n(zeros, q.channels, 0.0F);
  for (Index t = 0; t < plan.piece_tiles; ++t) {
    input_rows[t] = plan.input_at(t);
    product_rows[t] = plan.product_at(t);
  }

  // Neighbouring channels together: each point's part of them then lies in one run.
  constexpr Index kChannels = 16;
  const Index parts = (q.channels + kChannels - 1) / kChannels;
  const Index weights = q.channels * q.outputs;
  for_pieces(
      context, kPoints * weights < kSmallMove, plan.panels * parts, [&](Index piece, int worker) {
        float* taps =
            reinterpret_cast<float*>(context.scratch(worker, Carver::size<float>(9 * plan.width)));
        const Index first = piece % parts * kChannels;
        pack_weights(plan, q, piece / parts, first, std::min(q.channels, first + kChannels), taps,
                     packed);
      });

  const double products_in_all =
      static_cast<double>(plan.grid.count) * static_cast<double>(kPoints * weights);
  for_pieces(context, products_in_all < kSmallWork, plan.pieces, [&](Index piece, int worker) {
    Carver own(context.scratch(
        worker, Carver::size<float>(plan.input_size()) + Carver::size<float>(plan.product_size())));
    float* inputs = own.take<float>(plan.input_size());
    float* products = own.take<float>(plan.product_size());
    const Index first = piece * plan.piece_tiles;
    const Index count = std::min(plan.piece_tiles, plan.grid.count - first);
    HWY_DYNAMIC_DISPATCH(transform_inputs)(plan, zeros, first, count, inputs);
    multiply(plan, inputs, input_rows, packed, count, product_rows, products);
    HWY_DYNAMIC_DISPATCH(write_outputs)(plan, products, first, count, epilogue, q.y);
  });
}

}  // namespace autonet::cpu
#endif  // HWY_ONCE
