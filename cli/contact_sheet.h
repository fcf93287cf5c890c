#pragma once

#include <span>
#include <string>
#include <vector>

#include "autonet/data/splits.h"
#include "autonet/models/model.h"
#include "cli/picture.h"

namespace autonet::cli {

/// How numbers that a model sees become bytes: 0 for `low` and 255 for `high` of the numbers in the
/// data set's files.
struct PixelRange {
  double low = 0.0;
  double high = 1.0;
  Normalization normalization = {};  // what was done to the numbers of the files; may be empty
};

/// The range of the data set, or for a file of arrays that of the numbers in these images; of
/// images that are not in memory, in the first of them.
PixelRange pixel_range(const DataSpec& spec, const Splits& data, const Examples& images);

/// Image n, [rows,columns,channels], as a picture: in colour if it has three channels, else its
/// first channel in grey.
Picture picture_of(const Examples& images, Index n, const PixelRange& range);

/// A picture with text below it.
struct Labelled {
  Picture picture = {};
  std::vector<std::string> lines = {};  // ASCII; anything else is drawn as a question mark
};

/// The pictures, all of one size, side by side in rows of `columns`, enlarged by a whole number if
/// they are small.
Picture contact_sheet(std::span<const Labelled> pictures, Index columns);

/// Draws a line of text in letters of 5 x 7 dots, each of `scale` x `scale` pixels, with its upper
/// left corner at (row, col). What does not fit into the picture is cut off.
void draw_text(Picture& picture, Index row, Index col, Index scale, const std::string& line);

}  // namespace autonet::cli
