#pragma once

#include "autonet/train/fit.h"

namespace autonet::internal {

/// The examples to train on and those for validation, with their numbers in one piece. Throws if
/// they do not fit the model or the options.
Division divided(const Model& model, const Examples& examples, const FitOptions& options);

}  // namespace autonet::internal
