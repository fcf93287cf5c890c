#pragma once

#include <cstdint>

#include "data/images.h"

namespace autonet::internal {

/// Draws digits like those of USPS: 16x16, one channel, pixels in [-1, 1] with -1 the background.
///
/// Each is a few pen strokes (some digits in more than one style) whose points wobble, under a
/// random slant, rotation, size, aspect and shift, drawn with a pen of random thickness, softness
/// and pressure, on noise. Image i of a (seed, part) depends on nothing else, so that fewer images
/// are the first of more. Labels are drawn evenly. The numbers are the same on every machine: only
/// exactly rounded operations are used, and pixels have three decimals.
Images draw_digits(Index count, std::uint64_t seed, std::uint64_t part = 0);

}  // namespace autonet::internal
