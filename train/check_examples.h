#pragma once

#include <string_view>

#include "autonet/data/examples.h"
#include "autonet/models/model.h"

namespace autonet::internal {

/// Throws DataError unless the inputs and targets have the shapes that the model needs; the text
/// says both. `doing` begins it. Constant time.
void check_shapes(const Model& model, const Examples& examples, std::string_view doing);

/// The same, and throws DataError too if a label is not the number of a class, or an input or a
/// target is not finite, naming its place. Reads all numbers: for the start of a run, not for each
/// batch.
void check_examples(const Model& model, const Examples& examples, std::string_view doing);

}  // namespace autonet::internal
