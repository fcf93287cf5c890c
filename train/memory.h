#pragma once

#include <cstddef>
#include <optional>

#include "models/model.h"

namespace autonet::internal {

/// Bytes that training holds at its peak, known before the first step. Without the data set and the
/// program's own code.
struct TrainingMemory {
  std::size_t parameters = 0;   // and the running statistics
  std::size_t optimizer = 0;    // its slots
  std::size_t best = 0;         // the copy of the best parameters that fit() keeps
  std::size_t inputs = 0;       // one batch
  std::size_t activations = 0;  // what a step computes, gradients too: buffers shared over time
  std::size_t unshared = 0;     // what those would be if no buffer were used twice
  std::size_t scratch = 0;      // of the routines, on all threads

  /// A training step's: without the copy of the best parameters.
  std::size_t step() const { return parameters + optimizer + inputs + activations + scratch; }
  std::size_t total() const { return step() + best; }
};

/// Plans a step of `batch` images on `threads` threads and adds up what it holds. Does a small part
/// of a step's work to learn the scratch memory. Nothing for a step whose layers alone hold more
/// than 4 GiB: planning it would take memory too.
std::optional<TrainingMemory> training_memory(const Model& model, Index batch, int threads);

}  // namespace autonet::internal
