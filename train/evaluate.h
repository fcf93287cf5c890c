#pragma once

#include <span>

#include "autonet/autograd/array.h"
#include "autonet/autograd/collective.h"
#include "autonet/autograd/context.h"
#include "autonet/data/examples.h"
#include "autonet/models/model.h"
#include "autonet/train/image_views.h"
#include "autonet/train/metrics.h"

namespace autonet {

/// How well given weights do on some examples, in evaluation mode; zeros if there are no examples.
/// With `views` the model's answer to each image is a mean. Throws DataError if the examples do not
/// fit the model (see fit()), Error if the weights do not, ModelError if the views do not.
///
/// With a `collective` its processes share the work; all of them call this with the same arguments,
/// and get the same figures.
Metrics evaluate(const Model& model, const Examples& examples, const Weights& weights,
                 Context& context, const ImageViews& views = {}, Collective* collective = nullptr);

}  // namespace autonet
