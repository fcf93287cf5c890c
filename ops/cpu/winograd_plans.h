#pragma once

#include <algorithm>

#include "ops/cpu/pack.h"
#include "ops/cpu/problem.h"
#include "ops/cpu/tile.h"
#include "ops/cpu/winograd_tiles.h"

namespace autonet::cpu {

/// How one call of winograd_correlate() is cut into pieces of some tiles, and where the numbers of
/// a piece lie. All of it follows from the shapes; y is not empty.
struct WinogradPlan {
  // A piece's numbers should stay in half a level-two cache; but fewer tiles would not pay for
  // reading the transformed weights once more.
  static constexpr Index kPieceBytes = Index{768} * 1024;
  static constexpr Index kLeastTiles = 64;

  TiledImages x;
  TileGrid grid;
  Index outputs, out_rows, out_cols;
  Index panel, panels, width;  // transformed weights: [point][panel][channel][width]
  Index product_row;           // products of a tile, filled up to whole vectors
  Index piece_tiles, pieces;   // tiles in a piece
  Index input_step, product_step, weight_step;  // from one point to the next

  explicit WinogradPlan(const Problem<float>& q)
      : x{.first = q.x,
          .image = q.rows * q.cols * q.channels,
          .row = q.cols * q.channels,
          .col = q.channels,
          .images = q.images,
          .rows = q.rows,
          .cols = q.cols,
          .channels = q.channels,
          .row_lo = q.window.rows.lo,
          .col_lo = q.window.cols.lo},
        grid(q.images, q.out_rows, q.out_cols),
        outputs(q.outputs),
        out_rows(q.out_rows),
        out_cols(q.out_cols) {
    const Index lanes = vector_length(DType::f32);
    panel = panel_width(DType::f32);
    panels = (outputs + panel - 1) / panel;
    width = outputs <= lanes ? lanes : panel;
    product_row = round_up(outputs, lanes);
    const Index tile_bytes =
        kPoints * (x.channels + product_row) * static_cast<Index>(sizeof(float));
    const Index most = std::max(kLeastTiles, kPieceBytes / tile_bytes);
    piece_tiles = balanced((grid.count + most - 1) / most);
    pieces = (grid.count + piece_tiles - 1) / piece_tiles;
    input_step = kTogether * x.channels + kPointGap;
    product_step = kTogether * product_row + kPointGap;
    weight_step = panels * x.channels * width + kPointGap;
  }

  /// Tiles in a piece for `least` pieces or a few more: the number for which two to four workers
  /// wait least for the last piece.
  Index balanced(Index least) const {
    Index best = 0;
    Index shortest = 0;
    for (Index wanted = least; wanted < least + 8; ++wanted) {
      const Index tiles = round_up((grid.count + wanted - 1) / wanted, kTogether);
      const Index cut = (grid.count + tiles - 1) / tiles;
      Index waiting = 0;
      for (const Index workers : {2, 3, 4}) waiting += round_up(cut, workers) / workers * tiles;
      if (best == 0 || waiting < shortest) {
        best = tiles;
        shortest = waiting;
      }
    }
    return best;
  }

  /// The numbers that a piece holds: its transformed pixels and its products.
  Index input_size() const { return piece_tiles / kTogether * kPoints * input_step; }
  Index product_size() const { return piece_tiles / kTogether * kPoints * product_step; }
  /// Where the numbers of tile t of a piece begin; those of point p lie p steps further.
  Index input_at(Index t) const {
    return t / kTogether * kPoints * input_step + t % kTogether * x.channels;
  }
  Index product_at(Index t) const {
    return t / kTogether * kPoints * product_step + t % kTogether * product_row;
  }
  /// The first number of y, and of a gate, that belongs to a tile.
  Index output_at(const TilePlace& to) const {
    return ((to.image * out_rows + to.row) * out_cols + to.col) * outputs;
  }
};

/// How one call of winograd_weights() is cut: the batch into tiles of cotangents, those into
/// groups, and where the numbers of a group lie. All of it follows from the shapes.
struct WinogradWeightsPlan {
  // Channels side by side: a line of the cache, so that the tiles of run_tiles read whole lines,
  // one after another, for every number of channels.
  static constexpr Index kBlock = 16;

  /// One factor, x or ybar, and the layout of its transforms:
  /// [group][point][block][tile in the group][number in the block].
  struct Factor {
    TiledImages images;
    Index width, blocks;  // channels in a block, and blocks
    Index step;           // from one point to the next

    Factor(const TiledImages& from, Index block)
        : images(from),
          width(block),
          blocks((from.channels + block - 1) / block),
          step(blocks * kTogether * block + kPointGap) {}
    Index group_size() const { return kPoints * step; }
    /// Where the numbers of channel c begin.
    Index channel_at(Index c) const { return c / width * kTogether * width + c % width; }
  };

  Factor x, ybar;
  TileGrid grid;
  Index groups;                       // of kTogether tiles
  Index panel, panels;                // columns that run_tiles takes at once
  Index sum_row, sum_step, sum_size;  // sums: [point][channel][output, filled up]
  Index parts;                        // of the batch, each with sums of its own
  Index chunk;                        // groups transformed before they are multiplied

  /// `leaf`: the batch is a leaf of a larger one, whose parts other threads sum.
  WinogradWeightsPlan(const Problem<float>& q, bool leaf)
      // Pixels that the window does not show are zeros, even where x has a number.
      : x({.first = q.x,
           .image = q.x_channel,
           .row = q.x_row,
           .col = q.x_col,
           .images = q.channels,
           .rows = std::min(q.rows, q.seen_rows - q.window.rows.lo),
           .cols = std::min(q.cols, q.seen_cols - q.window.cols.lo),
           .channels = q.images,
           .row_lo = q.window.rows.lo,
           .col_lo = q.window.cols.lo},
          kBlock),
        ybar({.first = q.w,
              .image = q.w_channel,
              .row = q.w_row,
              .col = q.w_col,
              .images = q.channels,
              .rows = q.kernel_rows,
              .cols = q.kernel_cols,
              .channels = q.outputs},
             q.outputs <= vector_length(DType::f32) ? vector_length(DType::f32)
                                                    : panel_width(DType::f32)),
        grid(q.channels, q.kernel_rows, q.kernel_cols) {
    panel = panel_width(DType::f32);
    groups = (grid.count + kTogether - 1) / kTogether;
    panels = (q.outputs + panel - 1) / panel;
    sum_row = round_up(q.outputs, vector_length(DType::f32));
    sum_step = q.images * sum_row + kPointGap;
    sum_size = kPoints * sum_step;
    // Few sums are kept for several parts of the batch, so that each worker has its own; many are
    // kept once, and the workers share the points.
    const Index pairs = q.images * q.outputs;
    parts = leaf || pairs > 4096 ? 1 : pairs > 1024 ? 4 : 8;
    // The more sums there are, the more tiles must pay for passing over them.
    chunk = std::clamp<Index>(pairs / 2048, 8, 32);
    parts = std::min(parts, groups);
    const Index most = (groups + parts - 1) / parts;
    const Index chunks = (most + chunk - 1) / chunk;
    chunk = (most + chunks - 1) / chunks;
  }
};

}  // namespace autonet::cpu
