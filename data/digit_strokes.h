#pragma once

#include <vector>

namespace autonet::internal {

/// A place on paper; x to the right and y down, a digit between y = -1 and y = 1.
struct Point {
  double x, y;
};

/// What a pen does between points: straight lines, a curve through all, a curve back to its start.
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

/// How people write, sorted by digit; the styles of a digit are equally frequent.
const std::vector<DigitStyle>& digit_styles();

}  // namespace autonet::internal
