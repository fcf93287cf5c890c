#include "data/images.h"

#include <memory>
#include <span>

namespace autonet::internal {

Examples examples_of(Images images) {
  const Shape shape{images.count, images.rows, images.cols, images.channels};
  const auto owner = std::make_shared<std::vector<float>>(std::move(images.pixels));
  const Array pixels = view(std::span(*owner), shape);  // checks the length
  return {.x = Array::wrap(owner->data(), pixels.type(), owner), .y = images.labels};
}

}  // namespace autonet::internal
