#pragma once

#include <vector>

#include "exchange/call.h"

namespace autonet::exchange {

/// Indices of which negative ones count from the end of an axis, as numbers from its start.
Var from_start(Var indices, Index length);

/// What GatherND and ScatterND choose: rows of x as a matrix.
struct Places {
  Index rows = 1;
  Index row_length = 1;
  Var numbers;  // of the chosen rows, with the shape of the indices but for their last axis
  std::vector<Index> output;  // the shape of the chosen rows together
};

/// The rows of an array of this shape that the last axis of `indices` names, behind `batch_axes`
/// axes that both have.
Places places_of(const Call& c, const Shape& shape, Var indices, DType dtype, int batch_axes);

}  // namespace autonet::exchange
