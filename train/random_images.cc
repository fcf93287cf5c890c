#include "train/random_images.h"

#include "autonet/autograd/random.h"

namespace autonet::internal {

Images random_images(const Model& model, Index count, std::uint64_t seed) {
  const Shape& shape = model.image_shape();
  Images images{.count = count, .rows = shape[0], .cols = shape[1], .channels = shape[2]};
  Random pixels(seed, stream_of("check_grad/images"));
  images.pixels.resize(static_cast<size_t>(count * images.image_size()));
  for (float& pixel : images.pixels) pixel = static_cast<float>(pixels.uniform(-1.0, 1.0));
  Random labels(seed, stream_of("check_grad/labels"));
  for (Index n = 0; n < count; ++n) {
    const auto classes = static_cast<std::uint64_t>(model.classes());
    images.labels.push_back(static_cast<std::int32_t>(labels.below(classes)));
  }
  return images;
}

}  // namespace autonet::internal
