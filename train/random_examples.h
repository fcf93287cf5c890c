#pragma once

#include <cstdint>

#include "autonet/data/examples.h"
#include "autonet/models/model.h"

namespace autonet::internal {

/// Examples for a model, in f32: inputs of uniform noise between -1 and 1, or random tokens, with
/// random labels, or targets that are noise as well.
Examples random_examples(const Model& model, Index count, std::uint64_t seed);

}  // namespace autonet::internal
