#pragma once

#include <string>

#include "autonet/autograd/random.h"
#include "autonet/train/fit.h"
#include "data/images.h"
#include "tests/data/scratch.h"

namespace autonet {

// A small task for tests of fit(): which quadrant of a 4x4 image is the brightest?

/// Noise in which the quadrant numbered like the class is brighter.
inline Examples quadrants(Index count, std::uint64_t stream) {
  internal::Images images{count, 4, 4, 1, {}, {}};
  Random random(6, stream);
  for (Index n = 0; n < count; ++n) {
    const auto label = static_cast<std::int32_t>(random.below(4));
    images.labels.push_back(label);
    for (Index i = 0; i < 16; ++i) {
      const std::int32_t quadrant = static_cast<std::int32_t>(i / 8 * 2 + i % 4 / 2);
      images.pixels.push_back(
          static_cast<float>((quadrant == label ? 0.7 : 0.0) + 0.5 * random.normal()));
    }
  }
  return internal::examples_of(std::move(images));
}

inline Examples training_quadrants() {
  return quadrants(130, 1);  // in batches of 32: a last one of 2
}
inline Examples validation_quadrants() {
  return quadrants(60, 2);
}

/// A model with everything that carries state: a convolution, dropout and batch normalization.
inline Model model(const std::string& training) {
  return Model::parse(R"({"name": "small", "input": [4, 4, 1], "classes": 4, "layers": [
      {"type": "conv2d", "channels": 6, "kernel": 3, "padding": 1, "activation": "relu"},
      {"type": "batch_norm"}, {"type": "max_pool2d", "kernel": 2},
      {"type": "dropout", "rate": 0.2}, {"type": "linear", "units": 4}],
      "loss": "softmax_cross_entropy", "training": )" +
                          training + "}",
                      "small.json");
}

inline const char* const kTraining =
    R"({"epochs": 4, "batch_size": 32, "l2_decay": 1e-3,
        "optimizer": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9},
        "schedule": {"type": "cosine"}})";

inline Trained run(const Model& m, FitOptions options, int threads = 1) {
  Context context(threads);
  options.validation = validation_quadrants();
  return fit(m, training_quadrants(), context, options);
}

}  // namespace autonet
