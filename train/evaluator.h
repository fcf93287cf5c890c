#pragma once

#include <span>
#include <vector>

#include "autonet/train/metrics.h"
#include "train/step.h"

namespace autonet::internal {

/// Measures a model on sets of examples, planned once for a set's batch size and
/// remainder; the arrays of the weights are read at each call.
class Evaluator {
 public:
  /// `lender`: a program whose memory is reused where it is large enough; measuring overwrites its
  /// outputs. `views`: what is averaged, see check_views(). `collective`: the processes that share
  /// the work, or null.
  Evaluator(const Model& model, Context& context, Index examples, const Weights& weights,
            const ModelProgram* lender = nullptr, const ImageViews& views = {},
            Collective* collective = nullptr);
  /// Throws Error unless there are at least as many examples as the evaluator was made for.
  Metrics measure(const Examples& examples);

 private:
  Model model_;
  std::vector<Index> order_;
  std::vector<ModelProgram> programs_;  // the full batch, then the remainder
};

}  // namespace autonet::internal
