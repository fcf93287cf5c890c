#pragma once

#include <span>
#include <vector>

#include "models/layer.h"

namespace autonet::internal {

/// Names the layers, connects them and infers every shape. Each mistake is added once: layers that
/// read a wrong layer are not checked. `image` has rank 0 if it is unknown.
std::vector<Layer> build_graph(std::span<const FieldsPtr> layers, const Shape& image,
                               Mistakes& mistakes);

}  // namespace autonet::internal
