// PNG pictures, by libpng if the program is built with it.
#ifdef AUTONET_HAVE_PNG
#include <png.h>
#endif

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/memory_check.h"
#include "data/picture_formats.h"

namespace autonet::internal {

#ifdef AUTONET_HAVE_PNG

namespace {

/// A PNG whose header was read; frees what libpng allocated for it.
struct PngImage {
  png_image image{};
  PngImage(const std::string& path, const std::string& bytes) {
    image.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0)
      fail_reading(path, "not a valid PNG: ", image.message);
  }
  ~PngImage() { png_image_free(&image); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;

  Index channels() const { return (image.format & PNG_FORMAT_FLAG_COLOR) != 0 ? 3 : 1; }
};

}  // namespace

std::array<Index, 3> png_size(const std::string& path, const std::string& bytes) {
  const PngImage png(path, bytes);
  check_picture_size(path, png.image.height, png.image.width);
  return {png.image.height, png.image.width, png.channels()};
}

Picture read_png(const std::string& path, const std::string& bytes) {
  PngImage png(path, bytes);
  png_image& image = png.image;
  check_picture_size(path, image.height, image.width);
  Picture picture{.rows = image.height, .cols = image.width, .channels = png.channels()};
  image.format = picture.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  check_memory_for(path, "its pixels take", static_cast<std::uint64_t>(picture.size()));
  picture.pixels.resize(static_cast<size_t>(picture.size()));
  const png_color black{0, 0, 0};
  if (png_image_finish_read(&image, &black, picture.pixels.data(), 0, nullptr) == 0)
    fail_reading(path, "not a valid PNG: ", image.message);
  return picture;
}

#else

Picture read_png(const std::string& path, const std::string& /*bytes*/) {
  fail_reading(path,
               "autonet was built without libpng, which reads PNG files; install it "
               "(Debian: libpng-dev) and build again");
}
std::array<Index, 3> png_size(const std::string& path, const std::string& bytes) {
  read_png(path, bytes);
  return {};
}

#endif

}  // namespace autonet::internal
