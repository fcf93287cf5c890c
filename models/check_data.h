#pragma once

#include "models/fields.h"

namespace autonet::internal {

/// Checks "data" of a model.json: that it names a data set or a file, has what the kind of the file
/// needs and nothing that it has no use for, and that validation images leave some to train on.
void check_data(const Fields& data, Mistakes& mistakes);

}  // namespace autonet::internal
