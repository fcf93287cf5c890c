#pragma once

#include <span>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/data/images.h"
#include "autonet/models/model.h"
#include "autonet/train/metrics.h"

namespace autonet {

/// Loss and accuracy of given weights over some images, in evaluation mode; zeros if there are no
/// images. Throws DataError if the images do not fit the model (see fit()), Error if the weights do
/// not.
Metrics evaluate(const Model& model, const Images& images, const Weights& weights,
                 Context& context);

}  // namespace autonet
