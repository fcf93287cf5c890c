#pragma once

#include <future>
#include <optional>
#include <span>
#include <vector>

#include "train/prepare_batch.h"

namespace autonet::internal {

/// Prepares the next batch of a run on a thread of its own while a step is computed. The numbers
/// are those that prepare_batch() gives on the thread of the run.
class BatchAhead {
 public:
  /// The examples must live as long as the object.
  BatchAhead(const Model& model, const Examples& examples)
      : model_(model), examples_(examples), context_(1) {}
  /// Waits for the thread.
  ~BatchAhead() = default;
  BatchAhead(const BatchAhead&) = delete;
  BatchAhead& operator=(const BatchAhead&) = delete;

  /// True if a run on so many threads is faster with batches that are prepared ahead: where they
  /// wait for a file, or images are changed while a core has nothing to do. On all cores, a batch
  /// is better prepared by all threads before its step.
  static bool pays(const Model& model, const Examples& examples, int threads);

  /// Begins to prepare a batch, or the examples of it that are needed. The arrays of the one taken
  /// last stay as they are.
  void begin(std::span<const Index> indices, const BatchChanges& changes,
             const std::optional<ExampleRange>& needed = {});
  /// Waits for the batch of this step; null if another one was begun, or none. Throws what
  /// preparing it threw.
  const PreparedBatch* take(Index step);

 private:
  Model model_;
  const Examples& examples_;
  Context context_;  // not that of the run, which is in use
  std::vector<Index> indices_;
  std::optional<Index> step_;  // that was begun and not taken
  PreparedBatch batches_[2];
  size_t next_ = 0;           // the one that is being prepared
  std::future<void> thread_;  // the last member: it ends before the others do
};

}  // namespace autonet::internal
