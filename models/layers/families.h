#pragma once

#include <vector>

#include "models/layer.h"

namespace autonet::internal {

/// The files in this folder that define layers, in the order of the documentation. The file X.cc
/// defines `std::vector<LayerType> X_layers()`, its rows of the layer table. To add a file, add its
/// name here.
#define AUTONET_LAYER_FAMILIES(FAMILY) \
  FAMILY(conv2d)                       \
  FAMILY(enlarge)                      \
  FAMILY(linear)                       \
  FAMILY(sequence)                     \
  FAMILY(pool)                         \
  FAMILY(activation)                   \
  FAMILY(dropout)                      \
  FAMILY(normalization)                \
  FAMILY(shape)                        \
  FAMILY(join)

#define AUTONET_DECLARE(name) std::vector<LayerType> name##_layers();
AUTONET_LAYER_FAMILIES(AUTONET_DECLARE)
#undef AUTONET_DECLARE

}  // namespace autonet::internal
