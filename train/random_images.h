#pragma once

#include <cstdint>

#include "autonet/data/images.h"
#include "autonet/models/model.h"

namespace autonet::internal {

/// Images for a model: uniform noise between -1 and 1, with random labels.
Images random_images(const Model& model, Index count, std::uint64_t seed);

}  // namespace autonet::internal
