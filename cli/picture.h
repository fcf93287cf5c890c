#pragma once

#include <string>

#include "data/picture.h"

namespace autonet::cli {

using internal::Picture;
using internal::read_picture;

/// Writes a PNG atomically: an older file stays complete until the new one is. Throws DataError.
void write_png(const std::string& path, const Picture& picture);

/// A sample picture that the program draws: a house in the evening, 240 x 320, in colour.
Picture sample_picture();

}  // namespace autonet::cli
