#pragma once

#include <string>
#include <vector>

#include "autonet/models/model.h"

namespace autonet::internal {

/// The initial weights of `model`, with those of all layers but `except` replaced by the weights in
/// the file at `path`, .npz or .safetensors. Throws ModelError if a name in `except` is not a layer
/// with weights; DataError if the file cannot be read, or if names or shapes in it differ from the
/// model's, with a line for each array that differs and the layers to except.
Weights weights_from(const Model& model, const std::string& path,
                     const std::vector<std::string>& except, std::uint64_t seed);

}  // namespace autonet::internal
