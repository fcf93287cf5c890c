#pragma once

#include <string>

#include "autonet/autograd/array.h"

namespace autonet::cli {

/// How a terminal can show shades of grey.
enum class Shades {
  ascii,       // a character for each pixel, from " " to "@"
  colours,     // half blocks in the 24 greys of 256 colours
  true_colour  // half blocks in 256 greys
};

/// What standard error can show: half blocks need `colour` and `unicode`; COLORTERM says whether
/// there are more than 256 colours.
Shades shades_of(bool colour, bool unicode);

/// The numbers of a layer as lines of text of at most `width` columns, the smallest black and the
/// largest white. The channels of an image [rows, columns, channels] stand side by side, in at most
/// two rows; of other shapes the numbers fill the lines. What does not fit is left out.
std::string terminal_image(const Array& numbers, int width, Shades shades);

}  // namespace autonet::cli
