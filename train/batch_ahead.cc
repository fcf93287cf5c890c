#include "train/batch_ahead.h"

namespace autonet::internal {

bool BatchAhead::pays(const Model& model, const Examples& examples, int threads) {
  return examples.file != nullptr || (model.data().augment.any() && threads < hardware_threads());
}

void BatchAhead::begin(std::span<const Index> indices, const BatchChanges& changes,
                       const std::optional<ExampleRange>& needed) {
  if (thread_.valid()) thread_.wait();
  PreparedBatch& batch = batches_[next_];
  const Index n = std::ssize(indices);
  if (batch.inputs.rank() == 0 || batch.inputs.shape()[0] != n) {
    batch = empty_batch(model_, n, Model::Mode::training);
  }
  batch.needed = needed;
  indices_.assign(indices.begin(), indices.end());
  step_ = changes.step;
  thread_ = std::async(std::launch::async, [this, changes, &batch] {
    prepare_batch(model_, context_, examples_, indices_, changes, batch);
  });
}

const PreparedBatch* BatchAhead::take(Index step) {
  if (step_ != step) return nullptr;
  step_.reset();
  thread_.get();
  const PreparedBatch* const ready = &batches_[next_];
  next_ = 1 - next_;
  return ready;
}

}  // namespace autonet::internal
