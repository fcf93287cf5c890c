#include "train/random_examples.h"

#include <cmath>
#include <span>

#include "autonet/autograd/random.h"

namespace autonet::internal {
namespace {

Array noise(const Shape& shape, Random random) {
  Array numbers = Array::uninitialized({shape, DType::f32});
  for (Index i = 0; i < numbers.size(); ++i) {
    numbers.data<float>()[i] = static_cast<float>(random.uniform(-1.0, 1.0));
  }
  return numbers;
}

}  // namespace

Examples random_examples(const Model& model, Index count, std::uint64_t seed) {
  Examples examples;
  examples.x = noise(model.batch_shape(count), Random(seed, stream_of("check_grad/images")));
  if (model.tokens() > 0) {
    for (float& v : std::span(examples.x.data<float>(), static_cast<size_t>(examples.x.size())))
      v = std::floor((v + 1.0F) / 2.0F * static_cast<float>(model.tokens()));
  }
  Random random(seed, stream_of("check_grad/labels"));
  if (model.classes() == 0) {
    examples.y = noise({count, model.outputs()}, random);
    return examples;
  }
  std::vector<Index> labels;
  labels.reserve(static_cast<size_t>(count));
  for (Index n = 0; n < count; ++n) {
    labels.push_back(static_cast<Index>(random.below(static_cast<std::uint64_t>(model.classes()))));
  }
  examples.y = labels;
  return examples;
}

}  // namespace autonet::internal
