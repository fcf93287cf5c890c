#pragma once

#include "autonet/exchange/c_source.h"

namespace autonet::internal {

/// A model in bytes as C source: see to_int8(). Throws ModelError naming what cannot be done so.
CSource int8_source(const Model& model, const Weights& weights, const Array& calibration,
                    Context& context);

}  // namespace autonet::internal
