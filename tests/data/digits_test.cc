#include "data/digits.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/data/scratch.h"

namespace autonet::internal {
namespace {

TEST_CASE("drawn digits are 16x16 images with three decimals in [-1, 1]") {
  const Images images = draw_digits(300, 1);
  CHECK(images.count == 300);
  CHECK(images.rows == 16);
  CHECK(images.cols == 16);
  CHECK(images.channels == 1);
  REQUIRE(images.labels.size() == 300);
  REQUIRE(images.pixels.size() == 300 * 256);
  for (float pixel : images.pixels) {
    REQUIRE(pixel >= -1);
    REQUIRE(pixel <= 1);
    REQUIRE(pixel == static_cast<float>(std::round(pixel * 1000.0) / 1000));
  }
}

TEST_CASE("the same seed draws the same digits on every machine") {
  const Images images = draw_digits(1000, 1);
  CHECK(first_labels(images, 20) ==
        std::vector<std::int32_t>{8, 8, 9, 9, 4, 0, 9, 7, 9, 5, 0, 4, 3, 3, 0, 8, 8, 1, 9, 2});
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a over thousandths, low byte first
  for (float pixel : images.pixels) {
    const auto thousandths = static_cast<std::uint16_t>(std::lround(pixel * 1000.0));
    for (int shift = 0; shift < 16; shift += 8) {
      hash = (hash ^ (thousandths >> shift & 255U)) * 0x100000001B3ULL;
    }
  }
  CHECK(hash == 0x06a22717288e9ec3ULL);
}

TEST_CASE("fewer digits are the first of more") {
  const Images few = draw_digits(5, 9);
  const Images more = draw_digits(8, 9);
  CHECK(std::equal(few.pixels.begin(), few.pixels.end(), more.pixels.begin()));
  CHECK(std::equal(few.labels.begin(), few.labels.end(), more.labels.begin()));
}

TEST_CASE("seeds and parts draw different digits") {
  const Images images = draw_digits(5, 1, 0);
  CHECK(draw_digits(5, 2, 0).pixels != images.pixels);
  CHECK(draw_digits(5, 1, 1).pixels != images.pixels);
}

TEST_CASE("all digits are about equally frequent, and no two images are alike") {
  const Images images = draw_digits(2007, 1, 1);
  for (int count : histogram(images)) {
    CHECK(count > 140);
    CHECK(count < 260);
  }
  std::set<std::vector<float>> different;
  for (std::ptrdiff_t i = 0; i < images.count; ++i) {
    different.emplace(images.pixels.begin() + i * 256, images.pixels.begin() + (i + 1) * 256);
  }
  CHECK(different.size() == 2007);
}

TEST_CASE("every image has ink on a mostly dark background") {
  const Images images = draw_digits(500, 3);
  for (std::ptrdiff_t i = 0; i < images.count; ++i) {
    CAPTURE(i);
    const auto first = images.pixels.begin() + i * 256;
    REQUIRE(*std::max_element(first, first + 256) > 0.2F);
    const auto dark = std::count_if(first, first + 256, [](float pixel) { return pixel < -0.3F; });
    REQUIRE(dark > 90);
  }
}

TEST_CASE("an empty set can be drawn; counts below 0 or too large are refused") {
  CHECK(draw_digits(0, 1).count == 0);
  CHECK(contains(model_error([] { draw_digits(-1, 1); }), "expected a count from 0 to"));
  CHECK(contains(model_error([] { draw_digits(Index{1} << 40, 1); }), "got 1099511627776"));
}

}  // namespace
}  // namespace autonet::internal
