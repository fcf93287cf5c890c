#include "cli/picture.h"

#include <png.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "train/atomic_file.h"

namespace autonet::cli {
namespace {

using internal::fail_reading;

constexpr Index kMaxFileBytes = Index{256} << 20;
constexpr Index kMaxPixels = 40'000'000;  // more than cameras take

void check_size(const std::string& path, Index rows, Index cols) {
  if (rows < 1 || cols < 1 || rows > kMaxPixels / cols) {
    fail_reading(path, "a picture of ", rows, " rows and ", cols,
                 " columns; it must have at least one pixel and at most ", kMaxPixels);
  }
}

Picture read_png(const std::string& path, const std::string& bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0)
    fail_reading(path, "not a valid PNG: ", image.message);
  try {
    check_size(path, image.height, image.width);
    const bool colour = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
    image.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    Picture picture{.rows = image.height, .cols = image.width, .channels = colour ? 3 : 1};
    picture.pixels.resize(static_cast<size_t>(picture.size()));
    const png_color black{0, 0, 0};
    if (png_image_finish_read(&image, &black, picture.pixels.data(), 0, nullptr) == 0)
      fail_reading(path, "not a valid PNG: ", image.message);
    return picture;
  } catch (...) {
    png_image_free(&image);
    throw;
  }
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

Picture read_pnm(const std::string& path, const std::string& bytes) {
  size_t at = 2;
  Picture picture;
  picture.channels = bytes[1] == '5' ? 1 : 3;
  picture.cols = header_number(path, bytes, at, "width");
  picture.rows = header_number(path, bytes, at, "height");
  const Index largest = header_number(path, bytes, at, "largest value");
  check_size(path, picture.rows, picture.cols);
  if (largest < 1 || largest > 255)
    fail_reading(path, "the largest value must be 1 to 255, got ", largest);
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

}  // namespace

Picture read_picture(const std::string& path) {
  const std::string bytes = internal::read_file(path, kMaxFileBytes);
  const std::string_view start(bytes.data(), std::min<size_t>(bytes.size(), 8));
  if (start.substr(0, 8) == "\x89PNG\r\n\x1a\n") return read_png(path, bytes);
  if (start.substr(0, 2) == "P5" || start.substr(0, 2) == "P6") return read_pnm(path, bytes);
  fail_reading(
      path,
      "neither a PNG nor a binary PGM or PPM (P5, P6); convert it, for example with ImageMagick: "
      "convert ",
      path, " picture.png");
}

void write_png(const std::string& path, const Picture& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.cols);
  image.height = static_cast<png_uint_32>(picture.rows);
  image.format = picture.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<char> bytes(size);
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0,
                                nullptr) == 0) {
    throw DataError(text::concat("writing ", path, ": ", image.message));
  }
  internal::write_atomically(path, {bytes.data(), size});
}

}  // namespace autonet::cli
