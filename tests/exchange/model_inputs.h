#pragma once

#include <cmath>

#include "autonet/models/model.h"

namespace autonet {

/// n inputs that the model accepts: waves, or whole numbers if it reads tokens.
inline Array inputs_for(const Model& model, Index n) {
  Array x = Array::uninitialized({model.batch_shape(n), DType::f32});
  for (Index i = 0; i < x.size(); ++i) {
    const double wave = std::sin(0.7 * static_cast<double>(i) + 0.01 * static_cast<double>(i % 97));
    x.data<float>()[i] = static_cast<float>(
        model.tokens() > 0 ? std::floor((0.5 + 0.499 * wave) * static_cast<double>(model.tokens()))
                           : wave);
  }
  return x;
}

}  // namespace autonet
