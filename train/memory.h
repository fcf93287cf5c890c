#pragma once

#include <cstddef>
#include <optional>

#include "autonet/models/model.h"

namespace autonet::internal {

/// The most bytes that training holds, known before the first step, without the data set and the
/// code of the program.
struct TrainingMemory {
  std::size_t parameters = 0;  // and the running statistics
  std::size_t optimizer = 0;   // the optimizer's slots
  std::size_t best = 0;    // the copy of the best parameters that fit() keeps, and their average
  std::size_t inputs = 0;  // one batch
  std::size_t activations = 0;  // results of a step, gradients too; buffers are reused
  std::size_t unshared = 0;     // the same if no buffer were reused
  std::size_t scratch = 0;      // of the routines, on all threads

  /// The bytes of a training step: without the copy of the best parameters.
  std::size_t step() const { return parameters + optimizer + inputs + activations + scratch; }
  std::size_t total() const { return step() + best; }
};

/// Plans a step of `batch` images on `threads` threads and adds up its memory. Does a small part of
/// a step's work to find the size of the scratch memory. Gives nothing if the layers alone hold
/// more than 4 GiB, because planning takes memory too.
std::optional<TrainingMemory> training_memory(const Model& model, Index batch, int threads);

}  // namespace autonet::internal
