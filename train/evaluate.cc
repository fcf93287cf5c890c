#include "autonet/train/evaluate.h"

#include "train/check_images.h"
#include "train/evaluator.h"

namespace autonet {

Metrics evaluate(const Model& model, const Images& images, const Weights& weights,
                 Context& context) {
  internal::check_images(model, images, "evaluate");
  return internal::Evaluator(model, context, images.count, weights).measure(images);
}

}  // namespace autonet
