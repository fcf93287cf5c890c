#pragma once

#include <cstdint>

#include "data/images.h"
#include "models/model.h"

namespace autonet::internal {

/// Pictures of noise between -1 and 1 for a model, with labels at random.
Images random_images(const Model& model, Index count, std::uint64_t seed);

}  // namespace autonet::internal
