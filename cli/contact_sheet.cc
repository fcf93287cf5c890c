#include "cli/contact_sheet.h"

#include <algorithm>
#include <cmath>

#include "data/table.h"

namespace autonet::cli {
namespace {

constexpr Index kGlyph = 6;           // columns of dots for each letter, one of them empty
constexpr Index kLine = 9;            // rows of dots for each line
constexpr Index kMargin = 6;          // pixels around each picture
constexpr Index kWanted = 72;         // pixels along the longer side of a picture
constexpr std::uint8_t kPaper = 245;  // the grey of the sheet

void paste(const Picture& picture, Index scale, Index row, Index col, Picture& sheet) {
  for (Index r = 0; r < picture.rows * scale; ++r) {
    for (Index c = 0; c < picture.cols * scale; ++c) {
      const Index from = ((r / scale) * picture.cols + c / scale) * picture.channels;
      const Index to = ((row + r) * sheet.cols + col + c) * sheet.channels;
      for (Index k = 0; k < sheet.channels; ++k) {
        sheet.pixels[static_cast<size_t>(to + k)] =
            picture.pixels[static_cast<size_t>(from + std::min(k, picture.channels - 1))];
      }
    }
  }
}

}  // namespace

PixelRange pixel_range(const DataSpec& spec, const Splits& data, const Examples& images) {
  PixelRange range{.normalization = data.normalization};
  if (!spec.dataset.empty()) {
    const internal::DatasetInfo& info = internal::find_dataset(spec.dataset);
    range.low = info.low;
    range.high = info.high;
    return range;
  }
  range.normalization = {};
  const Index count = std::min(images.count(), internal::piece_length(images));
  const std::vector<double> numbers = internal::piece_of(images, 0, count).x.to_vector();
  if (numbers.empty()) return range;
  const auto [low, high] = std::ranges::minmax_element(numbers);
  range.low = *low;
  range.high = *high > *low ? *high : *low + 1.0;
  return range;
}

Picture picture_of(const Examples& images, Index n, const PixelRange& range) {
  const Shape& shape = images.x.shape();
  Picture picture{.rows = shape[1], .cols = shape[2], .channels = shape[3] == 3 ? 3 : 1};
  const std::vector<double> numbers = internal::piece_of(images, n, 1).x.to_vector();
  picture.pixels.reserve(static_cast<size_t>(picture.size()));
  for (Index i = 0; i < picture.rows * picture.cols; ++i) {
    for (Index c = 0; c < picture.channels; ++c) {
      double x = numbers[static_cast<size_t>(i * shape[3] + c)];
      if (const size_t many = range.normalization.mean.size(); many > 0) {
        const size_t k = static_cast<size_t>(i * shape[3] + c) % many;
        x = x * double{range.normalization.scale[k]} + double{range.normalization.mean[k]};
      }
      const double share = (x - range.low) / (range.high - range.low);
      picture.pixels.push_back(
          static_cast<std::uint8_t>(std::lround(255.0 * std::clamp(share, 0.0, 1.0))));
    }
  }
  return picture;
}

Picture contact_sheet(std::span<const Labelled> pictures, Index columns) {
  Picture sheet{.channels = 1};
  if (pictures.empty()) return sheet;
  const Picture& first = pictures[0].picture;
  const Index scale = std::max<Index>(1, kWanted / std::max(first.rows, first.cols));
  size_t letters = 0;
  size_t lines = 0;
  for (const Labelled& labelled : pictures) {
    lines = std::max(lines, labelled.lines.size());
    for (const std::string& line : labelled.lines) letters = std::max(letters, line.size());
  }
  const Index text_scale = letters <= 6 ? 2 : 1;
  const Index width =
      std::max(first.cols * scale, static_cast<Index>(letters) * kGlyph * text_scale);
  const Index text_height = static_cast<Index>(lines) * kLine * text_scale;
  const Index height = first.rows * scale + 3 + text_height;
  const Index rows = (std::ssize(pictures) + columns - 1) / columns;
  sheet.channels = first.channels;
  sheet.rows = rows * (height + 2 * kMargin);
  sheet.cols = columns * (width + 2 * kMargin);
  sheet.pixels.assign(static_cast<size_t>(sheet.size()), kPaper);
  for (Index i = 0; i < std::ssize(pictures); ++i) {
    const Labelled& labelled = pictures[static_cast<size_t>(i)];
    if (labelled.picture.size() == 0) continue;
    Index row = i / columns * (height + 2 * kMargin) + kMargin;
    const Index col = i % columns * (width + 2 * kMargin) + kMargin;
    paste(labelled.picture, scale, row, col, sheet);
    row += first.rows * scale + 3;
    for (const std::string& line : labelled.lines) {
      draw_text(sheet, row, col, text_scale, line);
      row += kLine * text_scale;
    }
  }
  return sheet;
}

}  // namespace autonet::cli
