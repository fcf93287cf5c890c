#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "autonet/autograd/shape.h"

namespace autonet {

/// Labelled images, [N,H,W,C] in memory: image, row, column, channel, the channel fastest. A host
/// may fill one itself; the vectors may be longer than `count` needs, not shorter.
struct Images {
  Index count = 0;                        ///< number of images, N
  Index rows = 0;                         ///< H
  Index cols = 0;                         ///< W
  Index channels = 0;                     ///< C
  std::vector<float> pixels = {};         ///< count * rows * cols * channels numbers, all finite
  std::vector<std::int32_t> labels = {};  ///< the class of each image, from 0

  /// Numbers in one image.
  Index image_size() const { return rows * cols * channels; }
};

namespace internal {

/// The shape of one image: "[16,16,1]".
std::string image_text(const Images& images);

/// Throws DataError if a count or length is negative or a vector holds less than they say, naming
/// both numbers. `doing` begins the message. Constant time.
void check_sizes(const Images& images, std::string_view doing);

}  // namespace internal
}  // namespace autonet
