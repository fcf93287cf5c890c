#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autograd/shape.h"

namespace autonet {

/// A picture of bytes: rows from the top, then columns, then channels (1 grey, or red, green,
/// blue).
struct Picture {
  Index rows = 0;
  Index cols = 0;
  Index channels = 0;
  std::vector<std::uint8_t> pixels;

  Index size() const { return rows * cols * channels; }
};

/// Reads PNG (any kind; transparency is laid over black, colour maps and 16 bits become 8-bit grey
/// or colour) or binary PGM/PPM (P5, P6, up to 8 bits), by the file's first bytes. Throws DataError
/// naming file and reason; a size is checked before anything is allocated for it.
Picture read_picture(const std::string& path);

/// Writes a PNG under a temporary name, syncs and renames it. Throws DataError.
void write_png(const std::string& path, const Picture& picture);

/// A picture to play with, drawn by the program: a house in the evening, 240 x 320, in colour.
Picture sample_picture();

}  // namespace autonet
