#pragma once

#include <span>
#include <vector>

#include "train/fit.h"
#include "train/step.h"

namespace autonet {

/// Measures loss and accuracy over sets of images, planned once for a set's batch size and
/// remainder; the arrays of the weights are read at each call.
class Evaluator {
 public:
  /// `lender`: a program whose memory is used where it suffices; measuring spoils its outputs.
  Evaluator(const Model& model, Context& context, Index images, std::span<const Array> parameters,
            std::span<const Array> states, const ModelProgram* lender = nullptr);
  /// `images` has the number of images that the evaluator was made for.
  Metrics measure(const Images& images);

 private:
  std::vector<Index> order_;
  std::vector<ModelProgram> programs_;  // the full batch, then the remainder
};

}  // namespace autonet
