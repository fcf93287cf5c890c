#pragma once

#include <algorithm>

#include "autograd/array.h"
#include "ops/cpu/pack.h"
#include "ops/cpu/tile.h"
#include "ops/window.h"

namespace autonet::cpu {

/// How one call of winograd_correlate() is cut up: the images into tiles of outputs, the tiles into
/// pieces, and where the numbers of a piece lie. All of it follows from the shapes; y is not empty.
struct WinogradTiles {
  static constexpr Index kSide = 4;                // outputs along a side of a tile
  static constexpr Index kSeen = kSide + 2;        // pixels that they depend on
  static constexpr Index kPoints = kSeen * kSeen;  // products for a channel and an output
  // Tiles whose numbers lie together, point after point: the few streams that the transforms write
  // then stay within a few pages of memory. As many as run_tiles takes at once.
  static constexpr Index kTogether = 8;
  // Numbers behind the rows of a point, so that sizes that are powers of two do not send all points
  // to the same sets of the caches.
  static constexpr Index kGap = 16;
  // A piece's numbers should stay in half a level-two cache; but fewer tiles would not pay for
  // reading the transformed weights once more.
  static constexpr Index kPieceBytes = Index{768} * 1024;
  static constexpr Index kLeastTiles = 64;

  /// The first output of a tile.
  struct Place {
    Index image, row, col;
  };

  Index rows, cols, channels, outputs, out_rows, out_cols;
  Index row_lo, col_lo;
  Index tile_rows, tile_cols, count;         // tiles of an image, of all images
  Index panel, panels, width;                // packed weights: [point][panel][channel][width]
  Index product_row;                         // products of a tile, filled up to whole vectors
  Index piece_tiles, pieces;                 // tiles in a piece
  Index seen_step, product_step, pack_step;  // from one point to the next

  WinogradTiles(const Array& x, const Array& w, const Window& window, const Array& y)
      : rows(x.shape()[1]),
        cols(x.shape()[2]),
        channels(x.shape()[3]),
        outputs(w.shape()[3]),
        out_rows(y.shape()[1]),
        out_cols(y.shape()[2]),
        row_lo(window.rows.lo),
        col_lo(window.cols.lo),
        tile_rows((out_rows + kSide - 1) / kSide),
        tile_cols((out_cols + kSide - 1) / kSide),
        count(x.shape()[0] * tile_rows * tile_cols) {
    const Index lanes = vector_length(DType::f32);
    panel = panel_width(DType::f32);
    panels = (outputs + panel - 1) / panel;
    width = outputs <= lanes ? lanes : panel;
    product_row = round_up(outputs, lanes);
    const Index tile_bytes = kPoints * (channels + product_row) * static_cast<Index>(sizeof(float));
    const Index most = std::max(kLeastTiles, kPieceBytes / tile_bytes);
    piece_tiles = balanced((count + most - 1) / most);
    pieces = (count + piece_tiles - 1) / piece_tiles;
    seen_step = kTogether * channels + kGap;
    product_step = kTogether * product_row + kGap;
    pack_step = panels * channels * width + kGap;
  }

  /// Tiles in a piece for `least` pieces or a few more: the number that leaves two to four workers
  /// waiting least for the last piece.
  Index balanced(Index least) const {
    Index best = 0;
    Index shortest = 0;
    for (Index wanted = least; wanted < least + 8; ++wanted) {
      const Index tiles = round_up((count + wanted - 1) / wanted, kTogether);
      const Index cut = (count + tiles - 1) / tiles;
      Index waiting = 0;
      for (const Index workers : {2, 3, 4}) waiting += round_up(cut, workers) / workers * tiles;
      if (best == 0 || waiting < shortest) {
        best = tiles;
        shortest = waiting;
      }
    }
    return best;
  }

  /// Numbers that a piece holds of each kind.
  Index seen_size() const { return piece_tiles / kTogether * kPoints * seen_step; }
  Index product_size() const { return piece_tiles / kTogether * kPoints * product_step; }
  /// Where the numbers of tile t of a piece begin; those of point p lie p steps further.
  Index seen_at(Index t) const {
    return t / kTogether * kPoints * seen_step + t % kTogether * channels;
  }
  Index product_at(Index t) const {
    return t / kTogether * kPoints * product_step + t % kTogether * product_row;
  }

  Place place(Index tile) const {
    const Index in_image = tile % (tile_rows * tile_cols);
    return {tile / (tile_rows * tile_cols), in_image / tile_cols * kSide,
            in_image % tile_cols * kSide};
  }
  /// The first number of y, and of a gate, that belongs to a tile.
  Index output_at(const Place& to) const {
    return ((to.image * out_rows + to.row) * out_cols + to.col) * outputs;
  }
  /// The pixels of x that a tile sees; `zeros` where it looks beyond the image.
  void find_pixels(const float* x, const float* zeros, const Place& to,
                   const float* (&pixels)[kSeen][kSeen]) const {
    for (Index r = 0; r < kSeen; ++r) {
      const Index row = to.row + r - row_lo;
      const bool row_inside = row >= 0 && row < rows;
      for (Index s = 0; s < kSeen; ++s) {
        const Index col = to.col + s - col_lo;
        const bool inside = row_inside && col >= 0 && col < cols;
        pixels[r][s] = inside ? x + ((to.image * rows + row) * cols + col) * channels : zeros;
      }
    }
  }
};

}  // namespace autonet::cpu
