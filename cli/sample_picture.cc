// Draws a picture with flat areas, gradual shades, straight and round edges, so that each filter
// has a visible effect.
#include <algorithm>
#include <array>
#include <cmath>

#include "cli/picture.h"

namespace autonet::cli {
namespace {

using Colour = std::array<double, 3>;  // each 0 to 1

Colour mix(const Colour& a, const Colour& b, double share) {
  Colour mixed{};
  for (size_t c = 0; c < 3; ++c) mixed[c] = a[c] + share * (b[c] - a[c]);
  return mixed;
}

bool inside(double x, double y, double left, double right, double top, double bottom) {
  return x >= left && x < right && y >= top && y < bottom;
}

/// The colour of the scene at a point: x from 0 at the left to 4, y from 0 at the top to 3.
Colour scene(double x, double y) {
  const double moon = std::hypot(x - 3.1, y - 0.65);
  const double hill = 2.05 + 0.18 * std::sin(1.7 * x + 0.6) + 0.07 * std::sin(4.1 * x);
  const double ridge = 1.75 + 0.25 * std::sin(1.1 * x + 2.4) + 0.1 * std::abs(std::sin(2.3 * x));

  if (inside(x, y, 1.22, 1.38, 1.9, 2.3)) return {0.35, 0.20, 0.14};  // door
  for (const double window : {0.78, 1.62}) {
    if (inside(x, y, window - 0.13, window + 0.13, 1.75, 2.01)) {
      const bool bar = std::abs(x - window) < 0.02 || std::abs(y - 1.88) < 0.02;
      return bar ? Colour{0.30, 0.18, 0.12} : Colour{0.98, 0.86, 0.45};
    }
  }
  if (inside(x, y, 0.5, 1.9, 1.55, 2.3)) {  // walls, made of boards
    const double board = std::fmod(y - 1.55, 0.09);
    return board < 0.012 ? Colour{0.48, 0.28, 0.22} : Colour{0.66, 0.38, 0.28};
  }
  if (y < 1.55 && y > 0.95 && std::abs(x - 1.2) < 0.85 * (y - 0.95) / 0.6)
    return {0.25, 0.24, 0.33};  // roof
  for (const double tree : {2.45, 2.85, 3.55}) {
    const double top = 1.25 + 0.12 * std::sin(7 * tree);
    if (y > top && y < 2.35 && std::abs(x - tree) < 0.24 * (y - top) / (2.35 - top))
      return {0.09, 0.27, 0.22};
  }
  if (y > hill) return mix({0.30, 0.45, 0.24}, {0.12, 0.22, 0.12}, (y - hill) / (3 - hill));
  if (moon < 0.3) return {1.0, 0.95, 0.80};
  if (y > ridge) return {0.28, 0.30, 0.46};
  const Colour sky = mix({0.16, 0.20, 0.44}, {0.95, 0.62, 0.45}, std::min(1.0, y / 2.0));
  return mix({1.0, 0.90, 0.75}, sky, std::min(1.0, 0.55 + 0.45 * (moon - 0.3) / 0.9));
}

}  // namespace

Picture sample_picture() {
  Picture picture{.rows = 240, .cols = 320, .channels = 3};
  picture.pixels.reserve(static_cast<size_t>(picture.size()));
  constexpr int kSamples = 3;  // per axis in each pixel, for smooth edges
  for (Index row = 0; row < picture.rows; ++row) {
    for (Index col = 0; col < picture.cols; ++col) {
      Colour sum{};
      for (int i = 0; i < kSamples * kSamples; ++i) {
        const double dx = (0.5 + i % kSamples) / kSamples;
        const double dy = (0.5 + i / kSamples) / kSamples;  // NOLINT(bugprone-integer-division)
        const Colour seen =
            scene((static_cast<double>(col) + dx) / 80.0, (static_cast<double>(row) + dy) / 80.0);
        for (size_t c = 0; c < 3; ++c) sum[c] += seen[c];
      }
      for (const double value : sum)
        picture.pixels.push_back(
            static_cast<std::uint8_t>(std::lround(255.0 * value / (kSamples * kSamples))));
    }
  }
  return picture;
}

}  // namespace autonet::cli
