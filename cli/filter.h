#pragma once

#include <string>
#include <vector>

#include "autograd/array.h"
#include "cli/picture.h"

namespace autonet {

/// A named matrix to convolve a picture with.
struct Filter {
  std::string name;
  Array matrix;  // [rows, columns], f64
};

/// The three classic ones: blur (the mean of 3x3), sharpen, edges.
const std::vector<Filter>& classic_filters();

/// Reads a matrix: "0 -1 0; -1 5 -1; 0 -1 0" (rows end at ";", numbers are parted by blanks or
/// commas, "1/9" is a number too), a JSON array of rows, or the name of a file with either. Throws
/// ModelError saying what is wrong with it.
Filter read_filter(const std::string& text);

/// The mathematical convolution of each channel: the matrix is *flipped*, slid over the picture on
/// a border of zeros, so that the picture keeps its size (as scipy.signal.convolve2d with
/// mode="same" does; of the two in the middle of an even side, the upper or left one counts).
/// Rounded, and cut off at 0 and 255.
Picture apply(const Filter& filter, const Picture& picture);

/// The matrix in rows and columns, each line indented by two blanks.
std::string matrix_text(const Filter& filter);

}  // namespace autonet
