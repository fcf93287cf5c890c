#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autograd/context.h"
#include "check/check_grad.h"
#include "data/images.h"
#include "models/model.h"
#include "train/weights.h"

namespace autonet {

/// What check_grad needs to check a model: its training loss as a function of the images and of
/// every parameter, and where to stand. The points are f64: "input", then the parameters in order.
struct ModelUnderCheck {
  Recording loss;
  std::vector<Array> points;
  std::vector<std::string> names;
};

struct CheckPlaceOptions {
  std::uint64_t seed = 1;          // of random images and labels, and of the initial weights
  Index batch = 3;                 // images in the batch
  const Images* images = nullptr;  // take the first of these; null: noise, labels at random
  const LoadedWeights* weights = nullptr;  // stand at these; null: at the initial ones
  Index burn_in = 0;  // training steps taken first, going around through the same images
};

/// Dropout's masks are those of step 1, batch norm works on the batch. Throws DataError if `images`
/// do not fit the model or are fewer than the batch, Error if the burn-in runs away or the batch
/// would take gigabytes.
ModelUnderCheck model_under_check(const Model& model, const CheckPlaceOptions& options,
                                  Context& context);

}  // namespace autonet
