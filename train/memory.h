#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

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
/// a step's work to find the size of the scratch memory. Of a step that takes more than some 100
/// MiB, smaller batches are planned and the rest is computed from these, as memory grows evenly
/// with the batch; nothing of its size is allocated. Gives nothing if one image takes more than 4
/// GiB.
std::optional<TrainingMemory> training_memory(const Model& model, Index batch, int threads);

/// Throws Error if training on such batches needs more memory than is available, before any is
/// taken; the error says how much, and a batch that would fit. `doing` begins the text; `option` is
/// how the size of the batch is set, "--batch ". `own_data`: the caller makes the examples of a
/// batch itself, in f32, and their memory counts too.
void check_training_fits(const Model& model, Index batch, int threads, std::string_view doing,
                         std::string_view option, bool own_data = false);

}  // namespace autonet::internal
