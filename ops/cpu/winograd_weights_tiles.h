#pragma once

#include <algorithm>

#include "ops/cpu/pack.h"
#include "ops/cpu/problem.h"
#include "ops/cpu/tile.h"

namespace autonet::cpu {

/// How one call of winograd_weights() is cut up: the batch into tiles of cotangents, those into
/// groups, and where the numbers of a group lie. All of it follows from the shapes.
struct WeightTiles {
  static constexpr Index kSide = 4;                // cotangents along a side of a tile
  static constexpr Index kSeen = kSide + 2;        // pixels that meet them
  static constexpr Index kPoints = kSeen * kSeen;  // products for a channel and an output
  // Tiles whose numbers lie together, point after point: the many streams that the transforms write
  // then stay within a few pages of memory.
  static constexpr Index kTogether = 8;
  // Channels side by side: a line of the cache, so that the tiles of run_tiles walk through whole
  // lines, one after another, whatever the number of channels.
  static constexpr Index kBlock = 16;
  // Numbers behind a point, so that sizes that are powers of two do not send all points to the same
  // sets of the caches.
  static constexpr Index kGap = 16;

  /// The images of one factor, x or ybar, and where their transforms go:
  /// [group][point][block][tile in the group][number in the block].
  struct Factor {
    const float* first;
    Index image, row, col;          // strides
    Index rows, cols;               // pixels that count; zeros lie around them
    Index row_lo, col_lo;           // where tile (0, 0) begins: at pixel -lo
    Index channels, width, blocks;  // channels in all, in a block
    Index step;                     // from one point to the next

    Index group_size() const { return kPoints * step; }
    void lay_out(Index block) {
      width = block;
      blocks = (channels + width - 1) / width;
      step = blocks * kTogether * width + kGap;
    }
  };

  Factor x, ybar;
  Index tile_rows, tile_cols, count, groups;  // tiles of an image, of all images; their groups
  Index panel, panels;                        // columns that run_tiles takes at once
  Index sum_row, sum_step, sum_size;          // sums: [point][channel][output, filled up]
  Index parts;                                // of the batch, each with sums of its own
  Index chunk;                                // groups transformed before they are multiplied

  explicit WeightTiles(const Problem<float>& q) {
    const Index lanes = vector_length(DType::f32);
    panel = panel_width(DType::f32);
    // Pixels that the window does not show are zeros, even if there is a number.
    x = {q.x,
         q.x_channel,
         q.x_row,
         q.x_col,
         std::min(q.rows, q.seen_rows - q.window.rows.lo),
         std::min(q.cols, q.seen_cols - q.window.cols.lo),
         q.window.rows.lo,
         q.window.cols.lo,
         q.images,
         0,
         0,
         0};
    ybar = {q.w,       q.w_channel, q.w_row, q.w_col, q.kernel_rows, q.kernel_cols, 0, 0,
            q.outputs, 0,           0,       0};
    x.lay_out(kBlock);
    ybar.lay_out(q.outputs <= lanes ? lanes : panel);
    tile_rows = (q.kernel_rows + kSide - 1) / kSide;
    tile_cols = (q.kernel_cols + kSide - 1) / kSide;
    count = q.channels * tile_rows * tile_cols;
    groups = (count + kTogether - 1) / kTogether;
    panels = (q.outputs + panel - 1) / panel;
    sum_row = round_up(q.outputs, lanes);
    sum_step = q.images * sum_row + kGap;
    sum_size = kPoints * sum_step;
    // Few sums are kept for several parts of the batch, so that each worker has its own; many are
    // kept once, and the workers share the points.
    const Index pairs = q.images * q.outputs;
    parts = pairs <= 1024 ? 8 : pairs <= 4096 ? 4 : 1;
    // The more sums, the more tiles must pay for passing over them.
    chunk = std::clamp<Index>(pairs / 2048, 8, 32);
    parts = std::min(parts, groups);
    const Index most = (groups + parts - 1) / parts;
    const Index chunks = (most + chunk - 1) / chunk;
    chunk = (most + chunks - 1) / chunks;
  }

  /// The pixels that belong to a tile; `zeros` where there are none.
  template <Index kLength>
  void find_pixels(const Factor& f, const float* zeros, Index tile,
                   const float* (&pixels)[kLength * kLength]) const {
    const Index in_image = tile % (tile_rows * tile_cols);
    const Index n = tile / (tile_rows * tile_cols);
    const Index first_row = in_image / tile_cols * kSide - f.row_lo;
    const Index first_col = in_image % tile_cols * kSide - f.col_lo;
    for (Index i = 0; i < kLength; ++i) {
      const Index row = first_row + i;
      const bool row_inside = tile < count && row >= 0 && row < f.rows;
      for (Index j = 0; j < kLength; ++j) {
        const Index col = first_col + j;
        const bool inside = row_inside && col >= 0 && col < f.cols;
        pixels[i * kLength + j] =
            inside ? f.first + n * f.image + row * f.row + col * f.col : zeros;
      }
    }
  }
};

}  // namespace autonet::cpu
