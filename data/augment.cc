#include "data/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

/// The values at t in [0, 1) between two points of the four cubic B-splines that are not zero
/// there.
std::array<double, 4> b_splines(double t) {
  const double u = 1.0 - t;
  return {u * u * u / 6.0, (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
          (3.0 * u * u * u - 6.0 * u * u + 4.0) / 6.0, t * t * t / 6.0};
}

/// Points of a grid so that each pixel of a side has two before and two after it.
Index grid_points(Index length, double spacing) {
  return static_cast<Index>(std::floor(static_cast<double>(length - 1) / spacing)) + 4;
}

/// The movement of a pixel, in rows and columns.
std::array<double, 2> bend(const Warp& warp, Index row, Index col) {
  const double at_row = static_cast<double>(row) / warp.spacing;
  const double at_col = static_cast<double>(col) / warp.spacing;
  const auto first_row = static_cast<Index>(std::floor(at_row));
  const auto first_col = static_cast<Index>(std::floor(at_col));
  const std::array<double, 4> down = b_splines(at_row - static_cast<double>(first_row));
  const std::array<double, 4> across = b_splines(at_col - static_cast<double>(first_col));
  std::array<double, 2> sum{};
  for (size_t i = 0; i < 4; ++i) {
    for (size_t j = 0; j < 4; ++j) {
      const Index point =
          (first_row + static_cast<Index>(i)) * warp.grid_cols + first_col + static_cast<Index>(j);
      const double weight = down[i] * across[j];
      sum[0] += weight * warp.grid[static_cast<size_t>(2 * point)];
      sum[1] += weight * warp.grid[static_cast<size_t>(2 * point + 1)];
    }
  }
  return sum;
}

/// A place between two pixels of a side: their numbers, and the weight of the second.
struct Between {
  Index first;
  Index second;
  float weight;
};

/// `at` lies from -1 to length. Without `outside`, both numbers are moved into the image.
Between between(double at, Index length, bool outside) {
  const double floor = std::floor(at);
  Between place{static_cast<Index>(floor), static_cast<Index>(floor) + 1,
                static_cast<float>(at - floor)};
  if (!outside) {
    place.first = std::clamp<Index>(place.first, 0, length - 1);
    place.second = std::clamp<Index>(place.second, 0, length - 1);
  }
  return place;
}

/// One image, changed in f32.
void change(const AugmentSettings& settings, Random& random, const Shape& shape,
            std::span<float> image, std::span<float> spare) {
  const Index rows = shape[1];
  const Index cols = shape[2];
  const Index channels = shape[3];
  if (settings.moves()) {
    const Warp warp = draw_warp(settings, rows, cols, random);
    std::ranges::copy(image, spare.begin());
    warp_image(warp, spare, rows, cols, channels, settings.fill, image);
  }
  if (settings.noise > 0.0) {
    for (float& number : image) number += static_cast<float>(settings.noise * random.normal());
  }
  if (settings.cutout > 0) {
    const auto row = static_cast<Index>(random.below(static_cast<std::uint64_t>(rows)));
    const auto col = static_cast<Index>(random.below(static_cast<std::uint64_t>(cols)));
    cover(image, rows, cols, channels, row, col, settings.cutout,
          static_cast<float>(settings.fill.value_or(0.0)));
  }
}

}  // namespace

Warp draw_warp(const AugmentSettings& settings, Index rows, Index cols, Random& random) {
  const auto up_to = [&](double most) { return most > 0.0 ? random.uniform(-most, most) : 0.0; };
  const auto coin = [&](bool thrown) { return thrown && random.below(2) == 1; };
  const auto whole = [&](Index most) {
    if (most == 0) return 0.0;
    return static_cast<double>(random.below(static_cast<std::uint64_t>(2 * most + 1))) -
           static_cast<double>(most);
  };
  const double angle = up_to(settings.rotate) * std::numbers::pi / 180.0;
  const double size = 1.0 + up_to(settings.scale);
  const double shear = up_to(settings.shear);
  const double mirrored_rows = coin(settings.flip_vertical) ? -1.0 : 1.0;
  const double mirrored_cols = coin(settings.flip_horizontal) ? -1.0 : 1.0;
  Warp warp;
  // From a place in the result to one in the image: a rotation, then the shear, then the flips.
  const double cosine = std::cos(angle) / size;
  const double sine = std::sin(angle) / size;
  warp.matrix[0][0] = mirrored_rows * cosine;
  warp.matrix[0][1] = mirrored_rows * -sine;
  warp.matrix[1][0] = mirrored_cols * (sine + shear * cosine);
  warp.matrix[1][1] = mirrored_cols * (cosine - shear * sine);
  for (double& shift : warp.shift) {
    shift = up_to(settings.shift);
    shift += whole(settings.crop_padding);
  }
  if (settings.elastic_amount > 0.0) {
    warp.spacing = settings.elastic_spacing;
    warp.grid_rows = grid_points(rows, warp.spacing);
    warp.grid_cols = grid_points(cols, warp.spacing);
    warp.grid.resize(static_cast<size_t>(2 * warp.grid_rows * warp.grid_cols));
    // At a point of the grid, the squares of the 16 weights have the sum 1/4.
    for (double& number : warp.grid) number = 2.0 * settings.elastic_amount * random.normal();
  }
  return warp;
}

void warp_image(const Warp& warp, std::span<const float> from, Index rows, Index cols,
                Index channels, std::optional<double> fill, std::span<float> to) {
  const double centre_row = static_cast<double>(rows - 1) / 2.0;
  const double centre_col = static_cast<double>(cols - 1) / 2.0;
  const auto outside = static_cast<float>(fill.value_or(0.0));
  const auto pixel = [&](Index row, Index col, Index channel) {
    const bool inside = row >= 0 && row < rows && col >= 0 && col < cols;
    return inside ? from[static_cast<size_t>((row * cols + col) * channels + channel)] : outside;
  };
  float* target = to.data();
  for (Index row = 0; row < rows; ++row) {
    for (Index col = 0; col < cols; ++col) {
      const double down = static_cast<double>(row) - centre_row - warp.shift[0];
      const double across = static_cast<double>(col) - centre_col - warp.shift[1];
      double at_row = centre_row + warp.matrix[0][0] * down + warp.matrix[0][1] * across;
      double at_col = centre_col + warp.matrix[1][0] * down + warp.matrix[1][1] * across;
      if (!warp.grid.empty()) {
        const std::array<double, 2> moved = bend(warp, row, col);
        at_row += moved[0];
        at_col += moved[1];
      }
      // Farther away there is nothing but what lies outside.
      at_row = std::clamp(at_row, -1.0, static_cast<double>(rows));
      at_col = std::clamp(at_col, -1.0, static_cast<double>(cols));
      const Between r = between(at_row, rows, fill.has_value());
      const Between c = between(at_col, cols, fill.has_value());
      for (Index channel = 0; channel < channels; ++channel) {
        const float upper = (1.0F - c.weight) * pixel(r.first, c.first, channel) +
                            c.weight * pixel(r.first, c.second, channel);
        const float lower = (1.0F - c.weight) * pixel(r.second, c.first, channel) +
                            c.weight * pixel(r.second, c.second, channel);
        *target++ = (1.0F - r.weight) * upper + r.weight * lower;
      }
    }
  }
}

void cover(std::span<float> image, Index rows, Index cols, Index channels, Index row, Index col,
           Index size, float fill) {
  const Index top = std::max<Index>(0, row - size / 2);
  const Index left = std::max<Index>(0, col - size / 2);
  const Index bottom = std::min(rows, row - size / 2 + size);
  const Index right = std::min(cols, col - size / 2 + size);
  for (Index r = top; r < bottom; ++r) {
    const auto first = static_cast<size_t>((r * cols + left) * channels);
    std::ranges::fill(image.subspan(first, static_cast<size_t>((right - left) * channels)), fill);
  }
}

void augment(Context& context, const AugmentSettings& settings, std::uint64_t seed, Index epoch,
             std::span<const Index> numbers, Array& x) {
  if (!settings.any()) return;
  if (x.rank() != 4 || x.shape()[0] != std::ssize(numbers)) {
    throw Error(text::concat("augmenting: ", numbers.size(), " images [n,rows,columns,channels] ",
                             "are expected, got ", x.shape()));
  }
  const Shape& shape = x.shape();
  const auto size = static_cast<size_t>(shape[1] * shape[2] * shape[3]);
  context.parallel_for(std::ssize(numbers), [&](Index i, int worker) {
    const Index number = numbers[static_cast<size_t>(i)];
    Random random(seed, stream_of("augment") + (static_cast<std::uint64_t>(epoch) << 40) +
                            static_cast<std::uint64_t>(number));
    auto* scratch = reinterpret_cast<float*>(context.scratch(worker, 2 * size * sizeof(float)));
    const std::span<float> spare(scratch + size, size);
    const size_t first = static_cast<size_t>(i) * size;
    if (x.dtype() == DType::f32) {
      change(settings, random, shape, {x.data<float>() + first, size}, spare);
      return;
    }
    double* const numbers64 = x.data<double>() + first;
    std::transform(numbers64, numbers64 + size, scratch,
                   [](double v) { return static_cast<float>(v); });
    change(settings, random, shape, {scratch, size}, spare);
    std::copy_n(scratch, size, numbers64);
  });
}

}  // namespace autonet::internal
