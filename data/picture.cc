#include "data/picture.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string_view>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/picture_formats.h"

namespace autonet::internal {
namespace {

constexpr Index kMaxFileBytes = Index{256} << 20;

enum class Format { png, jpeg, pnm };

Format format_of(const std::string& path, const std::string& bytes) {
  const std::string_view start(bytes.data(), std::min<size_t>(bytes.size(), 8));
  if (start == "\x89PNG\r\n\x1a\n") return Format::png;
  if (start.substr(0, 3) == "\xff\xd8\xff") return Format::jpeg;
  if (start.substr(0, 2) == "P5" || start.substr(0, 2) == "P6") return Format::pnm;
  fail_reading(path,
               "neither a PNG, a JPEG nor a binary PGM or PPM (P5, P6); convert it, for example "
               "with ImageMagick: convert ",
               path, " picture.png");
}

/// The next whole number of a PNM header, after any spaces and comments.
Index header_number(const std::string& path, const std::string& bytes, size_t& at,
                    const char* what) {
  while (at < bytes.size() &&
         (std::isspace(static_cast<unsigned char>(bytes[at])) != 0 || bytes[at] == '#')) {
    at = bytes[at] == '#' ? std::min(bytes.find('\n', at), bytes.size()) : at + 1;
  }
  const size_t start = at;
  Index number = 0;
  while (at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9' && at - start < 9)
    number = 10 * number + (bytes[at++] - '0');
  if (at == start)
    fail_reading(path, "byte ", at, ": expected the ", what, " of the picture, a number");
  return number;
}

/// The size, and `at` just before the pixels.
Picture pnm_size(const std::string& path, const std::string& bytes, size_t& at, Index& largest) {
  at = 2;
  Picture picture;
  picture.channels = bytes[1] == '5' ? 1 : 3;
  picture.cols = header_number(path, bytes, at, "width");
  picture.rows = header_number(path, bytes, at, "height");
  largest = header_number(path, bytes, at, "largest value");
  check_picture_size(path, picture.rows, picture.cols);
  if (largest < 1 || largest > 255)
    fail_reading(path, "the largest value must be 1 to 255, got ", largest);
  return picture;
}

Picture read_pnm(const std::string& path, const std::string& bytes) {
  size_t at = 0;
  Index largest = 0;
  Picture picture = pnm_size(path, bytes, at, largest);
  at += 1;  // one space, then the pixels
  const auto wanted = static_cast<size_t>(picture.size());
  const size_t rest = bytes.size() - std::min(at, bytes.size());
  if (rest < wanted) {
    fail_reading(path, "the file ends after ", rest, " of ", wanted, " bytes of pixels");
  }
  picture.pixels.reserve(wanted);
  for (size_t i = 0; i < wanted; ++i) {
    const Index value = static_cast<unsigned char>(bytes[at + i]);
    if (value > largest) {
      fail_reading(path, "byte ", at + i, ": the value ", value, " is over the largest value, ",
                   largest);
    }
    picture.pixels.push_back(static_cast<std::uint8_t>((value * 255 + largest / 2) / largest));
  }
  return picture;
}

/// For each new place along an axis, the old places that it is made of and their weights.
struct Mix {
  Index first = 0;
  std::vector<double> weights = {};
};
std::vector<Mix> mixes(Index from, Index to) {
  const double step = static_cast<double>(from) / static_cast<double>(to);
  std::vector<Mix> all(static_cast<size_t>(to));
  for (Index i = 0; i < to; ++i) {
    Mix& mix = all[static_cast<size_t>(i)];
    if (from > to) {  // the mean over [low, high)
      const double low = step * static_cast<double>(i);
      const double high = step * static_cast<double>(i + 1);
      mix.first = static_cast<Index>(low);
      for (Index k = mix.first; k < from && static_cast<double>(k) < high; ++k) {
        const double part =
            std::min(high, static_cast<double>(k + 1)) - std::max(low, static_cast<double>(k));
        if (part > 0.0) mix.weights.push_back(part / step);
      }
    } else {  // between the centres of two pixels
      const double place = std::clamp((static_cast<double>(i) + 0.5) * step - 0.5, 0.0,
                                      static_cast<double>(from - 1));
      mix.first = static_cast<Index>(place);
      const double second = place - static_cast<double>(mix.first);
      mix.weights.push_back(1.0 - second);
      if (second > 0.0) mix.weights.push_back(second);
    }
  }
  return all;
}

/// Mixes along the middle axis of an array [outer,from,inner].
std::vector<float> mixed(const std::vector<float>& image, Index outer, Index from, Index to,
                         Index inner) {
  if (from == to) return image;
  const std::vector<Mix> all = mixes(from, to);
  std::vector<float> result;
  result.reserve(static_cast<size_t>(outer * to * inner));
  for (Index o = 0; o < outer; ++o) {
    for (const Mix& mix : all) {
      for (Index c = 0; c < inner; ++c) {
        double sum = 0.0;
        Index place = (o * from + mix.first) * inner + c;
        for (const double weight : mix.weights) {
          sum += weight * image[static_cast<size_t>(place)];
          place += inner;
        }
        result.push_back(static_cast<float>(sum));
      }
    }
  }
  return result;
}

}  // namespace

void check_picture_size(const std::string& path, Index rows, Index cols) {
  constexpr Index kMaxPixels = 40'000'000;  // more than most cameras take
  if (rows < 1 || cols < 1 || rows > kMaxPixels / cols) {
    fail_reading(path, "a picture of ", rows, " rows and ", cols,
                 " columns; it must have at least one pixel and at most ", kMaxPixels);
  }
}

Picture read_picture(const std::string& path) {
  const std::string bytes = read_file(path, kMaxFileBytes);
  switch (format_of(path, bytes)) {
    case Format::png:
      return read_png(path, bytes);
    case Format::jpeg:
      return read_jpeg(path, bytes);
    case Format::pnm:
      break;
  }
  return read_pnm(path, bytes);
}

std::array<Index, 3> picture_size(const std::string& path) {
  const std::string bytes = read_file(path, kMaxFileBytes);
  switch (format_of(path, bytes)) {
    case Format::png:
      return png_size(path, bytes);
    case Format::jpeg:
      return jpeg_size(path, bytes);
    case Format::pnm:
      break;
  }
  size_t at = 0;
  Index largest = 0;
  const Picture picture = pnm_size(path, bytes, at, largest);
  return {picture.rows, picture.cols, picture.channels};
}

namespace {

/// Appends the pixels `first` to `last` - 1, counted row by row, as with_channels() gives them.
void append_pixels(const Picture& picture, Index first, Index last, Index channels,
                   std::vector<float>& image) {
  for (Index i = first; i < last; ++i) {
    const std::uint8_t* pixel = picture.pixels.data() + i * picture.channels;
    for (Index c = 0; c < channels; ++c) {
      if (picture.channels == channels) {
        image.push_back(pixel[c]);
      } else if (picture.channels == 1) {
        image.push_back(pixel[0]);
      } else {
        image.push_back(0.299F * static_cast<float>(pixel[0]) +
                        0.587F * static_cast<float>(pixel[1]) +
                        0.114F * static_cast<float>(pixel[2]));
      }
    }
  }
}

}  // namespace

std::vector<float> with_channels(const Picture& picture, Index channels) {
  std::vector<float> image;
  image.reserve(static_cast<size_t>(picture.rows * picture.cols * channels));
  append_pixels(picture, 0, picture.rows * picture.cols, channels, image);
  return image;
}

std::vector<float> resized(const std::vector<float>& image, const std::array<Index, 2>& from,
                           const std::array<Index, 2>& to, Index channels) {
  return mixed(mixed(image, 1, from[0], to[0], from[1] * channels), to[0], from[1], to[1],
               channels);
}

std::vector<float> resized(const Picture& picture, const std::array<Index, 2>& to, Index channels) {
  std::vector<float> image;
  image.reserve(static_cast<size_t>(to[0] * to[1] * channels));
  std::vector<float> old_row;
  std::vector<double> sums;
  for (const Mix& mix : mixes(picture.rows, to[0])) {
    sums.assign(static_cast<size_t>(picture.cols * channels), 0.0);
    for (size_t k = 0; k < mix.weights.size(); ++k) {
      const Index first = (mix.first + static_cast<Index>(k)) * picture.cols;
      old_row.clear();
      append_pixels(picture, first, first + picture.cols, channels, old_row);
      for (size_t i = 0; i < sums.size(); ++i) sums[i] += mix.weights[k] * old_row[i];
    }
    std::ranges::transform(sums, old_row.begin(),
                           [](double sum) { return static_cast<float>(sum); });
    const std::vector<float> row = mixed(old_row, 1, picture.cols, to[1], channels);
    image.insert(image.end(), row.begin(), row.end());
  }
  return image;
}

}  // namespace autonet::internal
