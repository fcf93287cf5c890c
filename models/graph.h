#pragma once

#include <span>
#include <vector>

#include "models/layer.h"

namespace autonet {

/// Names the layers, connects them and infers every shape, adding each mistake once: what follows
/// from a layer that is wrong is not reported again. `image` is empty (rank 0) if not known.
std::vector<Layer> build_graph(std::span<const FieldsPtr> layers, const Shape& image,
                               Mistakes& mistakes);

}  // namespace autonet
