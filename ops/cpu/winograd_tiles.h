#pragma once

#include <algorithm>

#include "autonet/autograd/shape.h"

namespace autonet::cpu {

// What the two Winograd routines share: the tiles into which they cut images, and the estimate that
// decides whether they pay.

constexpr Index kTileSide = 4;                      // outputs along a side of a tile
constexpr Index kPatchSide = kTileSide + 2;         // pixels that they depend on
constexpr Index kPoints = kPatchSide * kPatchSide;  // products for a channel and an output
// Tiles whose numbers lie together, point after point: the many streams that the transforms write
// then stay within a few pages of memory. As many as run_tiles takes at once.
constexpr Index kTogether = 8;
// Numbers behind those of a point, so that sizes that are powers of two do not send all points to
// the same sets of the caches.
constexpr Index kPointGap = 16;

/// True if Winograd's algorithm promises to be at least a tenth faster than the direct sum. With C
/// channels, K outputs, T tiles and M outputs in all, the count of operations is
///
///     9 M C K > 1.1 · 36 (T (C K + 24 (C + K)) + C K · clamp(C K / 1024, 8, 64)),   C, K >= 16,
///
/// fitted to measurements: 24 products are the cost of a point in the transforms of a tile, and the
/// clamp is its cost in those of the weights, which grow out of the caches.
inline bool winograd_pays(Index channels, Index outputs, double tiles, double outputs_in_all) {
  if (channels < 16 || outputs < 16) return false;
  const double pairs = static_cast<double>(channels) * static_cast<double>(outputs);
  const double tile = pairs + 24.0 * static_cast<double>(channels + outputs);
  const double weights = pairs * std::clamp(pairs / 1024.0, 8.0, 64.0);
  return 9.0 * pairs * outputs_in_all >
         1.1 * static_cast<double>(kPoints) * (tiles * tile + weights);
}

/// The first output of a tile.
struct TilePlace {
  Index image, row, col;
};

/// The tiles of a batch of images, image by image, row by row.
struct TileGrid {
  Index rows, cols, count;  // tiles along the sides of an image, and in all images

  TileGrid(Index images, Index out_rows, Index out_cols)
      : rows((out_rows + kTileSide - 1) / kTileSide),
        cols((out_cols + kTileSide - 1) / kTileSide),
        count(images * rows * cols) {}

  TilePlace place(Index tile) const {
    const Index in_image = tile % (rows * cols);
    return {tile / (rows * cols), in_image / cols * kTileSide, in_image % cols * kTileSide};
  }
};

/// Images that tiles are read from, with zeros around them.
struct TiledImages {
  const float* first;
  Index image, row, col;     // strides
  Index images, rows, cols;  // their number, and the pixels that count
  Index channels;
  Index row_lo = 0, col_lo = 0;  // tile (0, 0) begins at pixel (-row_lo, -col_lo)

  /// The kSide x kSide pixels of a tile; `zeros` where there is none.
  template <Index kSide>
  void find_pixels(const TilePlace& tile, const float* zeros,
                   const float* (&pixels)[kSide * kSide]) const {
    for (Index i = 0; i < kSide; ++i) {
      const Index y = tile.row + i - row_lo;
      const bool row_inside = tile.image < images && y >= 0 && y < rows;
      for (Index j = 0; j < kSide; ++j) {
        const Index x = tile.col + j - col_lo;
        const bool inside = row_inside && x >= 0 && x < cols;
        pixels[i * kSide + j] = inside ? first + tile.image * image + y * row + x * col : zeros;
      }
    }
  }
};

}  // namespace autonet::cpu
