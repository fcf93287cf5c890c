#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autonet/autograd/shape.h"

namespace autonet::cli {

/// A picture with one byte per number, in the order rows (from the top), columns, channels. There
/// is one channel (grey) or three (red, green, blue).
struct Picture {
  Index rows = 0;
  Index cols = 0;
  Index channels = 0;
  std::vector<std::uint8_t> pixels = {};

  Index size() const { return rows * cols * channels; }
};

/// Reads a PNG or a binary PGM or PPM file (P5, P6, up to 8 bits); the first bytes of the file
/// decide which. Every kind of PNG becomes 8-bit grey or colour, transparent parts over black.
/// Throws DataError with the file and the reason. The size is checked before memory is allocated
/// for it.
Picture read_picture(const std::string& path);

/// Writes a PNG atomically: an older file stays complete until the new one is. Throws DataError.
void write_png(const std::string& path, const Picture& picture);

/// A sample picture that the program draws: a house in the evening, 240 x 320, in colour.
Picture sample_picture();

}  // namespace autonet::cli
