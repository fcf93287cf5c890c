#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "autonet/autograd/shape.h"

namespace autonet::internal {

/// A picture with one byte per number, in the order rows (from the top), columns, channels. There
/// is one channel (grey) or three (red, green, blue).
struct Picture {
  Index rows = 0;
  Index cols = 0;
  Index channels = 0;
  std::vector<std::uint8_t> pixels = {};

  Index size() const { return rows * cols * channels; }
};

/// Reads a PNG, a JPEG, or a binary PGM or PPM file (P5, P6, up to 8 bits); the first bytes of the
/// file decide which. Every kind of PNG becomes 8-bit grey or colour, transparent parts over black.
/// The size is checked before memory is allocated for it.
///
/// Throws DataError with the file and the reason; also for a PNG or JPEG if the program was built
/// without the library for it.
Picture read_picture(const std::string& path);

/// The size of a picture, [rows, columns, channels], from the beginning of its file. Errors as
/// read_picture(), except for damage farther on.
std::array<Index, 3> picture_size(const std::string& path);

/// The pixels of a picture with one channel or three: grey is repeated, and colour becomes the luma
/// of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B. The result has numbers 0 to 255, not rounded.
std::vector<float> with_channels(const Picture& picture, Index channels);

/// The image [rows,cols,channels], 0 to 255, in another size. Each new pixel is the mean over the
/// part of the old image that it covers, where the image shrinks (area resampling), and is
/// interpolated linearly between the centres of old pixels, where it grows; rows and columns are
/// treated one after the other. The aspect ratio may change.
std::vector<float> resized(const std::vector<float>& image, const std::array<Index, 2>& from,
                           const std::array<Index, 2>& to, Index channels);

/// The same of the pixels with_channels(). Takes memory for the new image and for one row of the
/// old one, besides the picture.
std::vector<float> resized(const Picture& picture, const std::array<Index, 2>& to, Index channels);

}  // namespace autonet::internal
