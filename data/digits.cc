#include "data/digits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "autonet/autograd/context.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "data/digit_strokes.h"
#include "data/table.h"

namespace autonet::internal {
namespace {

constexpr int kSide = 16;
constexpr size_t kPixels = size_t{kSide} * kSide;

/// The place of a pixel among those of an image.
size_t pixel(int row, int col) {
  return static_cast<size_t>(row) * kSide + static_cast<size_t>(col);
}
constexpr int kSteps = 4;  // straight pieces between two points of a curve

/// Nearly normal, mean 0, standard deviation 1: a sum of four uniform numbers. Sums and products
/// are exactly rounded on every machine; the logarithm and cosine of a true normal are not.
double bell(Random& random) {
  const std::uint64_t word = random.bits();
  double sum = 0;
  for (int shift = 0; shift < 64; shift += 16) sum += static_cast<double>(word >> shift & 0xFFFF);
  constexpr double kMean = 2.0 * 65535;
  constexpr double kDeviation = 37837.2;  // sqrt((65536^2 - 1) / 3)
  return (sum - kMean) / kDeviation;
}

/// The handwriting of one digit: points map to pixels by x' = a x + b y + c, y' = d x + e y + f.
struct Hand {
  double a, b, c, d, e, f;
  double wobble;            // of the points, in units of the strokes
  double radius, softness;  // of the pen, in pixels
  double pressure;          // ink at the middle of the stroke, to 1
  double noise;
};

Hand draw_hand(Random& random) {
  const double sine = std::clamp(0.13 * bell(random), -0.5, 0.5);
  const double cosine = std::sqrt(1 - sine * sine);
  const double slant = 0.22 * bell(random);
  const double height = random.uniform(4.6, 7.0);
  const double width = height * random.uniform(0.75, 1.3);
  Hand hand{};
  // Slant, then size, then rotation.
  hand.a = cosine * width;
  hand.b = -cosine * width * slant - sine * height;
  hand.d = sine * width;
  hand.e = -sine * width * slant + cosine * height;
  hand.c = 7.5 + 0.75 * bell(random);
  hand.f = 7.5 + 0.6 * bell(random);
  hand.wobble = random.uniform(0.03, 0.09);
  hand.radius = random.uniform(0.45, 1.25);
  hand.softness = random.uniform(0.7, 1.5);
  hand.pressure = random.uniform(0.7, 1.0);
  hand.noise = random.uniform(0.03, 0.2);
  return hand;
}

/// The distance from the pen to each pixel, which gives the ink there, 0 to 1.
class Sheet {
 public:
  explicit Sheet(const Hand& hand) : hand_(hand), reach_(hand.radius + hand.softness) {
    nearest_.fill(reach_ * reach_);
  }

  void draw(const Stroke& stroke, Random& random) {
    std::vector<Point> points;
    points.reserve(stroke.points.size());
    for (const Point& point : stroke.points) {
      const double x = point.x + hand_.wobble * bell(random);
      const double y = point.y + hand_.wobble * bell(random);
      points.push_back({hand_.a * x + hand_.b * y + hand_.c, hand_.d * x + hand_.e * y + hand_.f});
    }
    const size_t count = points.size();
    if (stroke.pen == Pen::straight) {
      for (size_t i = 0; i + 1 < count; ++i) line(points[i], points[i + 1]);
      return;
    }
    const bool closed = stroke.pen == Pen::closed;
    for (size_t i = 0; i + (closed ? 0 : 1) < count; ++i) {
      const Point& before = points[closed ? (i + count - 1) % count : (i == 0 ? 0 : i - 1)];
      const Point& after = points[closed ? (i + 2) % count : std::min(i + 2, count - 1)];
      curve(before, points[i], points[(i + 1) % count], after);
    }
  }

  double ink(int row, int col) const {
    const double square_distance = nearest_[pixel(row, col)];
    if (square_distance >= reach_ * reach_) return 0.0;
    const double distance = std::sqrt(square_distance);
    const double depth = std::clamp((reach_ - distance) / hand_.softness, 0.0, 1.0);
    return depth * depth * (3 - 2 * depth);
  }

 private:
  /// From b to c by the Catmull-Rom spline, which passes through all its points.
  void curve(Point a, Point b, Point c, Point d) {
    Point last = b;
    for (int step = 1; step <= kSteps; ++step) {
      const double t = static_cast<double>(step) / kSteps;
      const auto at = [t](double p, double q, double r, double s) {
        return 0.5 *
               (2 * q + t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p))));
      };
      const Point next{at(a.x, b.x, c.x, d.x), at(a.y, b.y, c.y, d.y)};
      line(last, next);
      last = next;
    }
  }

  void line(Point from, Point to) {
    const double reach = reach_;
    const auto first = [reach](double p, double q) {
      return static_cast<int>(std::clamp(std::ceil(std::min(p, q) - reach), 0.0, double{kSide}));
    };
    const auto last = [reach](double p, double q) {
      return static_cast<int>(std::clamp(std::floor(std::max(p, q) + reach), -1.0, kSide - 1.0));
    };
    const double dx = to.x - from.x;
    const double dy = to.y - from.y;
    const double square = dx * dx + dy * dy;
    const double inverse = square > 0 ? 1 / square : 0;
    const int last_col = last(from.x, to.x);
    const int last_row = last(from.y, to.y);
    for (int row = first(from.y, to.y); row <= last_row; ++row) {
      for (int col = first(from.x, to.x); col <= last_col; ++col) {
        const double px = col - from.x;
        const double py = row - from.y;
        const double along = std::min(std::max((px * dx + py * dy) * inverse, 0.0), 1.0);
        const double ex = px - along * dx;
        const double ey = py - along * dy;
        double& nearest = nearest_[pixel(row, col)];
        nearest = std::min(nearest, ex * ex + ey * ey);
      }
    }
  }

  const Hand& hand_;
  double reach_;
  std::array<double, kPixels> nearest_{};  // squared distance, at most the pen's reach
};

void draw_digit(Random& random, std::span<float> pixels, std::int32_t& label) {
  label = static_cast<std::int32_t>(random.below(10));
  const auto [first, last] = std::equal_range(
      digit_styles().begin(), digit_styles().end(), DigitStyle{label, {}},
      [](const DigitStyle& left, const DigitStyle& right) { return left.digit < right.digit; });
  const auto count = static_cast<std::uint64_t>(last - first);
  const DigitStyle& style = *(first + static_cast<std::ptrdiff_t>(random.below(count)));
  const Hand hand = draw_hand(random);
  Sheet sheet(hand);
  for (const Stroke& stroke : style.strokes) sheet.draw(stroke, random);
  for (int row = 0; row < kSide; ++row) {
    for (int col = 0; col < kSide; ++col) {
      const double grey = 2 * hand.pressure * sheet.ink(row, col) - 1 + hand.noise * bell(random);
      // Three decimals, as in USPS; this removes differences in rounding as well.
      const double rounded = std::floor(std::clamp(grey, -1.0, 1.0) * 1000 + 0.5) / 1000;
      pixels[pixel(row, col)] = static_cast<float>(rounded);
    }
  }
}

}  // namespace

Images draw_digits(Index count, std::uint64_t seed, std::uint64_t part) {
  constexpr Index kMost = 10'000'000;
  if (count < 0 || count > kMost) {
    throw ModelError(
        text::concat("draw_digits: expected a count from 0 to ", kMost, ", got ", count));
  }
  Images images{.count = count, .rows = kSide, .cols = kSide, .channels = 1};
  images.pixels.resize(static_cast<size_t>(count) * kPixels);
  images.labels.resize(static_cast<size_t>(count));
  constexpr Index kPiece = 64;
  Context context(static_cast<int>(std::clamp<Index>(count / 512, 1, hardware_threads())));
  context.parallel_for((count + kPiece - 1) / kPiece, [&](Index piece, int) {
    const auto end = static_cast<size_t>(std::min(count, (piece + 1) * kPiece));
    for (auto i = static_cast<size_t>(piece * kPiece); i < end; ++i) {
      Random random(seed, part << 32 | i);
      draw_digit(random, std::span(images.pixels).subspan(i * kPixels, kPixels), images.labels[i]);
    }
  });
  return images;
}

std::vector<DatasetInfo> digits_sets() {
  return {
      {.name = "digits",
       .title = "digits that the program draws",
       .image = {kSide, kSide, 1},
       .train_count = 7291,
       .test_count = 2007,
       .low = -1,
       .high = 1,
       .files = {},
       .source = "nowhere: they are built in",
       .licence = "that of this program, MIT",
       .read = [](const DatasetInfo& info, const std::vector<std::string>&) -> Dataset {
         // A fixed set, like a published one: a model's seed chooses the held-out images only.
         constexpr std::uint64_t kSeed = 1;
         return {draw_digits(info.train_count, kSeed, 0), draw_digits(info.test_count, kSeed, 1)};
       }}};
}

}  // namespace autonet::internal
