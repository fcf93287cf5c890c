#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/autograd/random.h"
#include "autonet/data/augment_settings.h"

namespace autonet::internal {

/// Where the pixels of one image come from. The pixel at (row, col) of the result is the number of
/// the image at
///
///     centre + matrix · ((row, col) - centre - shift) + bend(row, col)
///
/// with bilinear interpolation between the four pixels around that place.
struct Warp {
  double matrix[2][2] = {{1.0, 0.0}, {0.0, 1.0}};  // rows before columns
  double shift[2] = {0.0, 0.0};                    // in pixels
  // The movements of the points of a grid, [grid_rows,grid_cols,2], between which bend() is a cubic
  // B-spline; empty: no bending.
  double spacing = 1.0;  // of the points, in pixels
  Index grid_rows = 0;
  Index grid_cols = 0;
  std::vector<double> grid = {};
};

/// A random change of images of so many rows and columns. The numbers that are drawn depend on the
/// settings and the stream alone.
Warp draw_warp(const AugmentSettings& settings, Index rows, Index cols, Random& random);

/// Writes the image [rows,cols,channels] with moved pixels; from and to are different memory. What
/// lies outside of the image is `fill` or, without it, the nearest pixel of the image.
void warp_image(const Warp& warp, std::span<const float> from, Index rows, Index cols,
                Index channels, std::optional<double> fill, std::span<float> to);

/// Covers `size` rows and columns around (row, col) of an image [rows,cols,channels], as far as
/// they lie within it, with `fill`.
void cover(std::span<float> image, Index rows, Index cols, Index channels, Index row, Index col,
           Index size, float fill);

/// Changes the images x [n,rows,cols,channels] of a batch, which are the examples with these
/// numbers, as the settings say. x is contiguous; in f64, too, images are changed in f32. The
/// result depends on the settings, the seed, the epoch and an example's number alone: not on the
/// batch or the number of threads. Throws Error if x has another rank or another length.
void augment(Context& context, const AugmentSettings& settings, std::uint64_t seed, Index epoch,
             std::span<const Index> numbers, Array& x);

}  // namespace autonet::internal
