#include "cli/terminal_image.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "autonet/text/concat.h"

namespace autonet::cli {
namespace {

constexpr Index kMostRows = 64;  // of pixels
constexpr Index kMostTileRows = 2;

/// Shades from 0 to 1; a negative number is no pixel.
struct Canvas {
  Index rows = 0;
  Index cols = 0;
  std::vector<double> shades = {};

  double at(Index row, Index col) const {
    return row < rows ? shades[static_cast<size_t>(row * cols + col)] : -1.0;
  }
};

/// The channels of an image side by side, one column apart.
Canvas tiled(const std::vector<double>& shades, const Shape& shape, Index width) {
  const Index rows = std::min(shape[0], kMostRows);
  const Index cols = std::min(shape[1], width);
  const Index across = std::min(shape[2], std::max<Index>(1, (width + 1) / (cols + 1)));
  const Index down = std::min(kMostTileRows, (shape[2] + across - 1) / across);
  Canvas canvas{.rows = down * (rows + 1) - 1, .cols = across * (cols + 1) - 1};
  canvas.shades.assign(static_cast<size_t>(canvas.rows * canvas.cols), -1.0);
  for (Index k = 0; k < std::min(shape[2], across * down); ++k) {
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < cols; ++c) {
        const Index to = (k / across * (rows + 1) + r) * canvas.cols + k % across * (cols + 1) + c;
        canvas.shades[static_cast<size_t>(to)] =
            shades[static_cast<size_t>((r * shape[1] + c) * shape[2] + k)];
      }
    }
  }
  return canvas;
}

/// The numbers one after the other; a sequence has a line for each step.
Canvas in_lines(const std::vector<double>& shades, const Shape& shape, Index width) {
  const auto count = static_cast<Index>(shades.size());
  const Index length = shape.rank() == 2 ? shape[1] : count;
  const Index cols = std::max<Index>(1, std::min(length, width));
  Canvas canvas{.cols = cols};
  for (Index i = 0; i < count && canvas.rows < kMostRows; ++i) {
    const Index place = i % length;
    if (shape.rank() == 2 && place >= cols) continue;  // of a long step, the beginning
    canvas.shades.push_back(shades[static_cast<size_t>(i)]);
    canvas.rows = (std::ssize(canvas.shades) + cols - 1) / cols;
  }
  canvas.shades.resize(static_cast<size_t>(canvas.rows * canvas.cols), -1.0);
  return canvas;
}

std::string colour_code(double shade, bool background, Shades shades) {
  const int kind = background ? 48 : 38;
  if (shades == Shades::true_colour) {
    const auto grey = std::lround(255.0 * shade);
    return text::concat("\x1b[", kind, ";2;", grey, ";", grey, ";", grey, "m");
  }
  return text::concat("\x1b[", kind, ";5;", 232 + std::lround(23.0 * shade), "m");
}

/// Two rows of pixels as one line: the upper half of a cell has the colour of the text, the lower
/// half that of the background.
std::string half_blocks(const Canvas& canvas, Index row, Shades shades) {
  std::string line;
  for (Index col = 0; col < canvas.cols; ++col) {
    const double upper = canvas.at(row, col);
    const double lower = canvas.at(row + 1, col);
    line += "\x1b[0m";
    if (upper >= 0.0) line += colour_code(upper, false, shades);
    if (upper >= 0.0 && lower >= 0.0) line += colour_code(lower, true, shades);
    if (upper < 0.0 && lower >= 0.0) line += colour_code(lower, false, shades);
    line += upper >= 0.0 ? "\u2580" : lower >= 0.0 ? "\u2584" : " ";
  }
  return line + "\x1b[0m\n";
}

std::string characters(const Canvas& canvas, Index row) {
  constexpr std::string_view kRamp = " .:-=+*#%@";
  std::string line;
  for (Index col = 0; col < canvas.cols; ++col) {
    const double shade = std::max(0.0, canvas.at(row, col));
    line += kRamp[static_cast<size_t>(std::lround(shade * 9.0))];
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line + "\n";
}

}  // namespace

Shades shades_of(bool colour, bool unicode) {
  if (!colour || !unicode) return Shades::ascii;
  const char* more = std::getenv("COLORTERM");
  const std::string_view value = more == nullptr ? "" : more;
  return value == "truecolor" || value == "24bit" ? Shades::true_colour : Shades::colours;
}

std::string terminal_image(const Array& numbers, int width, Shades shades) {
  std::vector<double> values = numbers.to_vector();
  if (values.empty() || width < 1) return "";
  const auto [low, high] = std::ranges::minmax_element(values);
  const double first = *low;
  const double span = *high - *low;
  for (double& value : values) {
    const double shade = span > 0.0 ? (value - first) / span : 0.0;
    value = std::isfinite(shade) ? shade : 0.0;
  }
  const Shape& shape = numbers.shape();
  const Canvas canvas =
      shape.rank() == 3 ? tiled(values, shape, width) : in_lines(values, shape, width);
  std::string text;
  for (Index row = 0; row < canvas.rows; row += shades == Shades::ascii ? 1 : 2)
    text += shades == Shades::ascii ? characters(canvas, row) : half_blocks(canvas, row, shades);
  return text;
}

}  // namespace autonet::cli
