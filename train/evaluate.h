#pragma once

#include <span>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/data/examples.h"
#include "autonet/models/model.h"
#include "autonet/train/metrics.h"

namespace autonet {

/// How well given weights do on some examples, in evaluation mode; zeros if there are no examples.
/// Throws DataError if the examples do not fit the model (see fit()), Error if the weights do not.
Metrics evaluate(const Model& model, const Examples& examples, const Weights& weights,
                 Context& context);

}  // namespace autonet
