#include "train/check_images.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {

void check_image_shape(const Model& model, const Images& images, std::string_view doing) {
  check_sizes(images, doing);
  const Shape& needed = model.image_shape();
  if (images.rows != needed[0] || images.cols != needed[1] || images.channels != needed[2]) {
    throw DataError(text::concat(doing, ": the images are ", image_text(images), " but the model ",
                                 model.name(), " needs ", needed));
  }
}

void check_images(const Model& model, const Images& images, std::string_view doing) {
  check_image_shape(model, images, doing);
  const std::span labels = std::span(images.labels).first(static_cast<size_t>(images.count));
  const auto bad = std::ranges::find_if(
      labels, [&](std::int32_t label) { return label < 0 || label >= model.classes(); });
  if (bad != labels.end()) {
    throw DataError(text::concat(doing, ": label ", *bad, " of image ", bad - labels.begin(),
                                 " is outside the model's ", model.classes(), " classes"));
  }
  const auto count = static_cast<size_t>(images.count * images.image_size());
  const std::span pixels = std::span(images.pixels).first(count);
  const auto broken = std::ranges::find_if(pixels, [](float v) { return !std::isfinite(v); });
  if (broken != pixels.end()) {
    const Index place = broken - pixels.begin();
    throw DataError(text::concat(doing, ": pixel ", place % images.image_size(), " of image ",
                                 place / images.image_size(), " is ", double{*broken},
                                 "; all pixels must be finite"));
  }
}

}  // namespace autonet::internal
