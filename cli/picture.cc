#include "cli/picture.h"

#include <png.h>

#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "train/atomic_file.h"

namespace autonet::cli {

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
