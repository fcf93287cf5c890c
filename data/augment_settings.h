#pragma once

#include <optional>

#include "autonet/autograd/shape.h"

namespace autonet {

/// "augment" of a model.json's "data": how each training image is changed at random before it is
/// trained with. Nothing is changed by default. Pixels are those of the image.
struct AugmentSettings {
  double shift = 0.0;            ///< Moves by at most this many pixels, along both axes.
  double rotate = 0.0;           ///< Turns by at most this many degrees, in both directions.
  double scale = 0.0;            ///< Enlarges by a factor from 1 - scale to 1 + scale.
  double shear = 0.0;            ///< Moves columns by up to this fraction of the distance in rows.
  bool flip_horizontal = false;  ///< Exchanges left and right in every second image.
  bool flip_vertical = false;    ///< Exchanges top and bottom in every second image.
  Index crop_padding = 0;        ///< Moves by at most this many whole pixels, along both axes.
  double elastic_amount = 0.0;   ///< The standard deviation of the bending, in pixels.
  double elastic_spacing = 4.0;  ///< The distance of the points that move independently.
  double noise = 0.0;            ///< The standard deviation of the noise added to each number.
  Index cutout = 0;              ///< Covers a square of so many rows and columns.
  std::optional<double> fill;    ///< What lies outside of the image; else its nearest pixel.
  /// Mixes each example with another of its batch, targets too, as arXiv:1710.09412 does: a share
  /// drawn from Beta(mixup, mixup) of one and the rest of the other. 0: examples are not mixed.
  double mixup = 0.0;

  /// True if pixels move.
  bool moves() const {
    return shift > 0.0 || rotate > 0.0 || scale > 0.0 || shear > 0.0 || flip_horizontal ||
           flip_vertical || crop_padding > 0 || elastic_amount > 0.0;
  }
  /// True if images are changed, each by itself.
  bool any() const { return moves() || noise > 0.0 || cutout > 0; }
};

}  // namespace autonet
