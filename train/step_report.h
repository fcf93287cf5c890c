#pragma once

#include <string>
#include <vector>

#include "autonet/models/model.h"

namespace autonet::internal {

/// The numbers of one layer in one training step.
struct LayerReport {
  std::string layer;
  double largest_output = 0.0;  // the largest magnitude in the layer's outputs that is finite
  Index bad_outputs =
      0;  // numbers that are not finite in its output, or in a result on the way to it
  double largest_gradient = 0.0;  // the same for the gradients of the layer's parameters
  Index bad_gradients = 0;
};

struct StepReport {
  std::vector<LayerReport> layers;  // in the order of the model
  double loss = 0.0;
  /// What is not finite first, in the order in which a step computes: `an output of layer "fc_1"
  /// in the forward pass`; empty if all is finite.
  std::string first_failure() const;
};

/// Computes one training step on a batch, layer by layer and without an update. `x` and `y` are the
/// inputs [N,…] and targets, `step` and `seed` select the masks of dropout.
StepReport report_step(const Model& model, Context& context, const Weights& weights, const Array& x,
                       const Array& y, Index step, std::uint64_t seed,
                       Model::Mode mode = Model::Mode::training);

}  // namespace autonet::internal
