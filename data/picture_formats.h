#pragma once

#include <array>
#include <string>

#include "data/picture.h"

namespace autonet::internal {

/// Throws DataError unless a picture of that size has at least one pixel and few enough to be held.
void check_picture_size(const std::string& path, Index rows, Index cols);

/// Read a PNG or JPEG from the bytes of its file, or only its size, [rows, columns, channels].
/// Throw DataError with the path and the reason; also if the program was built without the library
/// for the format.
Picture read_png(const std::string& path, const std::string& bytes);
std::array<Index, 3> png_size(const std::string& path, const std::string& bytes);
Picture read_jpeg(const std::string& path, const std::string& bytes);
std::array<Index, 3> jpeg_size(const std::string& path, const std::string& bytes);

}  // namespace autonet::internal
