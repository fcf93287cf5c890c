#pragma once

#include <vector>

namespace autonet::internal {

/// A point on the paper: x to the right, y down; a digit lies between y = -1 and y = 1.
struct Point {
  double x, y;
};

/// How the points are joined: by straight lines, by a curve through all, or by a closed curve.
enum class Pen { straight, curved, closed };

struct Stroke {
  Pen pen;
  std::vector<Point> points;
};

/// One way to write a digit.
struct DigitStyle {
  int digit;
  std::vector<Stroke> strokes;
};

/// Ways in which people write digits, sorted by digit; those of a digit are equally frequent.
const std::vector<DigitStyle>& digit_styles();

}  // namespace autonet::internal
