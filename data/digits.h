#pragma once

#include <cstdint>

#include "data/images.h"

namespace autonet::internal {

/// Draws digits like those of USPS: 16x16, one channel, pixels in [-1, 1] with -1 the background.
///
/// A digit consists of a few pen strokes; some digits have several styles. The points of the
/// strokes are moved at random, and slant, rotation, size, aspect ratio and position, the pen's
/// thickness, softness and pressure, and the noise of the background are random too. Image i
/// depends only on seed, part and i, so that a smaller set is the beginning of a larger one. All
/// labels are equally likely. The numbers are the same on every machine: only exactly rounded
/// operations are used, and pixels have three decimals. Throws ModelError unless count is from 0 to
/// 10,000,000.
Images draw_digits(Index count, std::uint64_t seed, std::uint64_t part = 0);

}  // namespace autonet::internal
