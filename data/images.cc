#include "autonet/data/images.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {

std::string image_text(const Images& images) {
  return text::concat("[", images.rows, ",", images.cols, ",", images.channels, "]");
}

void check_sizes(const Images& images, std::string_view doing) {
  const auto refuse = [&](const auto&... what) {
    throw DataError(text::concat(doing, ": ", what...));
  };
  if (std::min({images.count, images.rows, images.cols, images.channels}) < 0) {
    refuse("counts and lengths must be at least 0, got ", images.count, " images of ",
           image_text(images));
  }
  // In f64 the product cannot overflow, and it is exact as far as a vector can reach.
  const double needed = static_cast<double>(images.count) * static_cast<double>(images.rows) *
                        static_cast<double>(images.cols) * static_cast<double>(images.channels);
  if (needed > static_cast<double>(images.pixels.size())) {
    refuse(images.count, " images of ", image_text(images), " need ", needed,
           " pixels, but there are ", images.pixels.size());
  }
  if (images.labels.size() < static_cast<size_t>(images.count)) {
    refuse(images.count, " images need as many labels, but there are ", images.labels.size());
  }
}

}  // namespace autonet::internal
