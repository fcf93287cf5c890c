#pragma once

#include <string>
#include <vector>

#include "autonet/autograd/array.h"
#include "cli/picture.h"

namespace autonet::cli {

/// A matrix to convolve pictures with.
struct Filter {
  std::string name;
  Array matrix;  // [rows, columns], f64
};

/// blur (the mean of 3x3 pixels), sharpen and edges.
const std::vector<Filter>& classic_filters();

/// Reads a matrix such as "0 -1 0; -1 5 -1; 0 -1 0", a JSON array of rows, or the name of a file
/// that holds one of these. Rows end at ";" or a line end, spaces or commas separate the numbers,
/// and a number may be a fraction, "1/9". Throws ModelError or DataError saying what is wrong.
Filter read_filter(const std::string& text);

/// The mathematical convolution of each channel: the matrix is *flipped* and slides over the
/// picture, which counts as zero beyond its border. The result has the size of the picture, like
/// scipy.signal.convolve2d with mode="same": where a side of the matrix is even, its centre is the
/// upper or left one of the two middle elements. Results are rounded and clamped to 0 to 255.
Picture apply(const Filter& filter, const Picture& picture);

/// The matrix in rows and columns, indented by two spaces.
std::string matrix_text(const Filter& filter);

}  // namespace autonet::cli
