#include "autonet/train/evaluate.h"

#include "train/check_examples.h"
#include "train/evaluator.h"

namespace autonet {

Metrics evaluate(const Model& model, const Examples& examples, const Weights& weights,
                 Context& context, const ImageViews& views, Collective* collective) {
  internal::check_views(model, views, "evaluate");
  if (examples.count() == 0) return {};
  internal::check_examples(model, examples, "evaluate");
  return internal::Evaluator(model, context, examples.count(), weights, nullptr, views, collective)
      .measure(internal::contiguous(examples));
}

}  // namespace autonet
