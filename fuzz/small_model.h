#pragma once

namespace autonet::fuzz {

/// A model with a layer of each kind that settings and checkpoints treat in a way of its own.
inline constexpr const char* kSmallModel = R"({"name": "m", "input": [4, 4, 1], "classes": 3,
  "layers": [{"name": "c", "type": "conv2d", "channels": 2, "kernel": 3, "activation": "relu"},
             {"type": "batch_norm"}, {"name": "output", "type": "linear", "units": 3}],
  "loss": "softmax_cross_entropy",
  "training": {"epochs": 3, "batch_size": 4, "optimizer": {"type": "sgd", "learning_rate": 0.1,
               "momentum": 0.9}}})";

}  // namespace autonet::fuzz
