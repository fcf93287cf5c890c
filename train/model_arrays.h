#pragma once

#include <string>

#include "autonet/models/model.h"
#include "autonet/train/checkpoint.h"

namespace autonet::internal {

/// What of a checkpoint is read: the weights of the best epoch, or those and all of the run.
enum class CheckpointPart { weights, run };

/// True if the model has a parameter or state of that name and shape.
bool is_array_of(const Model& model, const std::string& name, const Shape& shape);

/// The arrays of a model in a checkpoint, and its texts. Throws DataError, before anything is
/// unpacked or allocated for an array, if it is unknown to the model or has another shape.
ArrayFile load_arrays_of(const Model& model, const std::string& path, CheckpointPart part);

}  // namespace autonet::internal
