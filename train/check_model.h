#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autonet/autograd/context.h"
#include "autonet/check/options.h"
#include "autonet/data/examples.h"
#include "autonet/models/model.h"
#include "autonet/train/weights.h"

namespace autonet {

/// What check_grad needs to check a model: its training loss as a function of the inputs and of all
/// parameters, and the point at which to check it.
struct ModelUnderCheck {
  Recording loss;                  ///< dropout uses the masks of step 1, batch norm the batch
  std::vector<Array> points;       ///< f64: the inputs unless they are tokens, then the parameters
  std::vector<std::string> names;  ///< "input", then the names of the parameters
  /// The loss of the model's own batches, the last partial one too, as a function of the parameters
  /// alone, as training uses it; and its value in evaluation.
  std::vector<OtherUse> uses;
};

/// Where to check a model's gradients.
struct CheckPlaceOptions {
  std::uint64_t seed = 1;              ///< of random examples, and of the initial weights
  Index batch = 3;                     ///< number of examples
  const Examples* examples = nullptr;  ///< the first of these; null: noise with random targets
  /// Null: the initial weights, with small random biases. All biases zero would hide a lost bias,
  /// and put every ReLU over a black background on its kink.
  const Weights* weights = nullptr;
  Index burn_in = 0;  ///< training steps to do first, on these examples or on 8 batches of noise
};

/// Prepares a model for check_grad. Throws DataError if the examples do not fit the model (see
/// fit()) or are fewer than the batch; Error if the weights are not the model's, if the batch is
/// empty or would take gigabytes, or if the loss or a gradient of the burn-in is not finite.
ModelUnderCheck model_under_check(const Model& model, Context& context,
                                  const CheckPlaceOptions& options = {});

}  // namespace autonet
