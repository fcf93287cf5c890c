// Random changes of training images.
#include "data/augment.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "autonet/autograd/error.h"

namespace autonet::internal {
namespace {

using Numbers = std::vector<float>;

/// A warped image of `rows` rows and one channel.
Numbers warped(const Warp& warp, const Numbers& image, Index rows,
               std::optional<double> fill = std::nullopt) {
  Numbers to(image.size(), 99.0F);
  warp_image(warp, image, rows, std::ssize(image) / rows, 1, fill, to);
  return to;
}

/// Images [count,6,6,1] that all have the same numbers, changed as examples first, first + 1, ….
std::vector<double> augmented(const AugmentSettings& settings, Index count, Index first = 0,
                              Index epoch = 0, int threads = 1, DType dtype = DType::f32) {
  Context context(threads);
  Array x = Array::uninitialized({{count, 6, 6, 1}, dtype});
  std::vector<Index> numbers;
  for (Index i = 0; i < count; ++i) {
    numbers.push_back(first + i);
    for (Index k = 0; k < 36; ++k) {
      x.slice(0, i, 1).reshape({36}).slice(0, k, 1).fill(static_cast<double>(k % 7) - 2.0);
    }
  }
  augment(context, settings, 3, epoch, numbers, x);
  return x.to_vector();
}

AugmentSettings everything() {
  AugmentSettings settings;
  settings.shift = 1.5;
  settings.rotate = 20;
  settings.scale = 0.2;
  settings.shear = 0.1;
  settings.flip_horizontal = true;
  settings.flip_vertical = true;
  settings.crop_padding = 1;
  settings.elastic_amount = 0.5;
  settings.elastic_spacing = 2.5;
  settings.noise = 0.1;
  settings.cutout = 2;
  return settings;
}

}  // namespace

TEST_CASE("shifts by hand: whole and half pixels, with a number outside or the nearest pixel") {
  const Numbers image{1, 2, 3,  //
                      4, 5, 6};
  CHECK(warped({}, image, 2) == image);
  CHECK(warped({}, image, 2, 9) == image);
  Warp right;
  right.shift[1] = 1;
  CHECK(warped(right, image, 2, -1) == Numbers{-1, 1, 2, -1, 4, 5});
  CHECK(warped(right, image, 2) == Numbers{1, 1, 2, 4, 4, 5});
  Warp half_up;
  half_up.shift[0] = -0.5;
  CHECK(warped(half_up, image, 2, 0) == Numbers{2.5, 3.5, 4.5, 2, 2.5, 3});
  CHECK(warped(half_up, image, 2) == Numbers{2.5, 3.5, 4.5, 4, 5, 6});
  Warp far;
  far.shift[0] = 1e9;
  CHECK(warped(far, image, 2, -1) == Numbers(6, -1));
  CHECK(warped(far, image, 2) == Numbers{1, 2, 3, 1, 2, 3});
}

TEST_CASE("a quarter turn, mirror images, enlarging and a movement of one point, by hand") {
  const Numbers image{1, 2, 3,  //
                      4, 5, 6,  //
                      7, 8, 9};
  Warp turn;
  turn.matrix[0][0] = turn.matrix[1][1] = 0;
  turn.matrix[0][1] = -1;  // row = centre - column
  turn.matrix[1][0] = 1;
  CHECK(warped(turn, image, 3, 0) == Numbers{7, 4, 1, 8, 5, 2, 9, 6, 3});
  Warp mirror;
  mirror.matrix[1][1] = -1;
  CHECK(warped(mirror, image, 3, 0) == Numbers{3, 2, 1, 6, 5, 4, 9, 8, 7});
  Warp twice;
  twice.matrix[0][0] = twice.matrix[1][1] = 0.5;
  CHECK(warped(twice, image, 3, 0) == Numbers{3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7});
  // All points of the grid move by one column: so does the image.
  Warp bent;
  bent.spacing = 2;
  bent.grid_rows = bent.grid_cols = 5;
  for (int i = 0; i < 25; ++i) bent.grid.insert(bent.grid.end(), {0.0, 1.0});
  const Numbers moved = warped(bent, image, 3, 0);
  const Numbers expected{2, 3, 0, 5, 6, 0, 8, 9, 0};
  for (size_t i = 0; i < 9; ++i) CHECK(moved[i] == doctest::Approx(expected[i]));
  // Only the point (1, 1), which is the pixel (0, 0), moves: there by 4/6 · 4/6 of its movement.
  for (double& number : bent.grid) number = 0.0;
  bent.grid[2 * (1 * 5 + 1) + 1] = 0.9;
  CHECK(warped(bent, image, 3, 0)[0] == doctest::Approx(1.4));
}

TEST_CASE("each image has its channels moved together") {
  const Numbers image{1, 10, 2, 20, 3, 30};  // [1,3,2]
  Warp left;
  left.shift[1] = -1;
  Numbers to(6);
  warp_image(left, image, 1, 3, 2, 0.0, to);
  CHECK(to == Numbers{2, 20, 3, 30, 0, 0});
}

TEST_CASE("what is drawn lies within the settings, and uses their whole range") {
  AugmentSettings settings;
  settings.crop_padding = 2;
  settings.flip_horizontal = true;
  settings.scale = 0.5;
  int counts[5] = {};
  int flips = 0;
  double smallest = 9;
  double largest = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    Random random(7, i);
    const Warp warp = draw_warp(settings, 8, 8, random);
    CHECK(warp.shift[0] == std::round(warp.shift[0]));
    CHECK(std::abs(warp.shift[1]) <= 2);
    ++counts[static_cast<size_t>(warp.shift[0] + 2)];
    flips += warp.matrix[1][1] < 0;
    CHECK(warp.matrix[0][1] == 0);
    smallest = std::min(smallest, 1 / warp.matrix[0][0]);
    largest = std::max(largest, 1 / warp.matrix[0][0]);
  }
  for (const int count : counts) CHECK(count > 60);  // 100 are expected
  CHECK(flips > 200);
  CHECK(flips < 300);
  CHECK(smallest >= 0.5);
  CHECK(smallest < 0.55);
  CHECK(largest <= 1.5);
  CHECK(largest > 1.45);
  settings = {};
  settings.rotate = 90;
  double turn = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    Random random(7, i);
    const Warp warp = draw_warp(settings, 8, 8, random);
    CHECK(warp.matrix[0][0] == doctest::Approx(warp.matrix[1][1]));
    CHECK(warp.matrix[0][1] == doctest::Approx(-warp.matrix[1][0]));
    CHECK(std::hypot(warp.matrix[0][0], warp.matrix[1][0]) == doctest::Approx(1));
    turn = std::max(turn, std::abs(warp.matrix[1][0]));
  }
  CHECK(turn > 0.99);
}

TEST_CASE("bending has the standard deviation that it should have") {
  AugmentSettings settings;
  settings.elastic_amount = 1.5;
  settings.elastic_spacing = 3;
  double squares = 0;
  const Numbers ramp{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
  for (std::uint64_t i = 0; i < 2000; ++i) {
    Random random(7, i);
    const Warp warp = draw_warp(settings, 1, 21, random);
    const float moved = warped(warp, ramp, 1)[9] - 9;  // the pixel is a point of the grid
    squares += static_cast<double>(moved) * static_cast<double>(moved);
  }
  CHECK(std::sqrt(squares / 2000) == doctest::Approx(1.5).epsilon(0.05));
}

TEST_CASE("a covered square is cut off at the border") {
  Numbers image(12, 1.0F);
  cover(image, 3, 4, 1, 0, 3, 2, 0.0F);
  CHECK(image == Numbers{1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1});
  cover(image, 3, 4, 1, 2, 0, 3, 5.0F);
  CHECK(image == Numbers{1, 1, 0, 0, 5, 5, 1, 1, 5, 5, 1, 1});
}

TEST_CASE("without settings nothing changes, and with them images differ") {
  const std::vector<double> plain = augmented({}, 3);
  CHECK_FALSE(AugmentSettings{}.any());
  CHECK(plain[5] == 3.0);
  const std::vector<double> changed = augmented(everything(), 3);
  CHECK(changed != plain);
  CHECK(std::vector(changed.begin(), changed.begin() + 36) !=
        std::vector(changed.begin() + 36, changed.begin() + 72));
  AugmentSettings noise;
  noise.noise = 0.5;
  const std::vector<double> noisy = augmented(noise, 100);
  const std::vector<double> before = augmented({}, 100);
  double squares = 0;
  for (size_t i = 0; i < noisy.size(); ++i) squares += std::pow(noisy[i] - before[i], 2);
  CHECK(std::sqrt(squares / 3600) == doctest::Approx(0.5).epsilon(0.05));
}

TEST_CASE("an image depends on its number and the epoch, not on batch, threads or number type") {
  const std::vector<double> all = augmented(everything(), 20);
  for (const int threads : {2, 5}) CHECK(augmented(everything(), 20, 0, 0, threads) == all);
  const std::vector<double> later = augmented(everything(), 4, 7);
  CHECK(std::equal(later.begin(), later.end(), all.begin() + std::ptrdiff_t{7 * 36}));
  CHECK(augmented(everything(), 20, 0, 1) != all);
  CHECK(augmented(everything(), 20, 0, 0, 1, DType::f64) == all);
}

TEST_CASE("other shapes than images are refused") {
  Context context;
  Array x = Array::zeros({{2, 8}, DType::f32});
  const std::vector<Index> numbers{0, 1};
  CHECK_THROWS_WITH_AS(augment(context, everything(), 1, 0, numbers, x),
                       "augmenting: 2 images [n,rows,columns,channels] are expected, got [2,8]",
                       Error);
}

}  // namespace autonet::internal
