#pragma once

#include <cstdint>
#include <vector>

#include "autonet/data/examples.h"

namespace autonet::internal {

/// Labelled images as a reader finds them, [N,H,W,C] in memory: image, row, column, channel, the
/// channel fastest.
struct Images {
  Index count = 0;                        // number of images, N
  Index rows = 0;                         // H
  Index cols = 0;                         // W
  Index channels = 0;                     // C
  std::vector<float> pixels = {};         // count * rows * cols * channels numbers
  std::vector<std::int32_t> labels = {};  // the class of each image, from 0

  // Numbers in one image.
  Index image_size() const { return rows * cols * channels; }
};

/// The images as examples, which take over the pixels. Throws Error if a vector has another length
/// than the counts say.
Examples examples_of(Images images);

}  // namespace autonet::internal
