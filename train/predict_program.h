#pragma once

#include "autonet/autograd/program.h"
#include "autonet/models/model.h"
#include "autonet/train/image_views.h"
#include "autonet/train/weights.h"

namespace autonet::internal {

/// The model in evaluation mode, planned for batches of one size: input 0 are the inputs,
/// Model::batch_shape(batch), output 0 what Prediction::outputs says. Reads the arrays of the
/// weights at each run, unless they have another type than the model's precision.
Program plan_predictions(const Model& model, const Weights& weights, Index batch,
                         const ImageViews& views, Context& context);

}  // namespace autonet::internal
