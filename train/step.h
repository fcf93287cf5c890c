#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "autonet/autograd/program.h"
#include "autonet/data/examples.h"
#include "autonet/models/model.h"
#include "autonet/train/image_views.h"
#include "train/prepare_batch.h"

namespace autonet::internal {

/// The mean loss of a batch, and the number of its examples that were classified correctly or, in
/// regression, the sum of the squared errors.
struct BatchResult {
  double loss = 0.0;
  Index correct = 0;
  double squares = 0.0;
};

/// A model recorded and planned for batches of one size: the forward pass alone, or with the
/// gradients of all parameters (not of the inputs). Each run reads the arrays of the parameters, so
/// a training loop updates them in place.
class ModelProgram {
 public:
  /// `lender`: another program, whose memory is reused where it is large enough (for the last,
  /// partial batch). `views`: in evaluation, what is averaged; see check_views(). `collective`: the
  /// processes that share the work, or null. Throws Error if the weights are not the model's.
  ModelProgram(const Model& model, Context& context, Index batch, Model::Mode mode,
               const Weights& weights, std::uint64_t seed, const ModelProgram* lender = nullptr,
               const ImageViews& views = {}, Collective* collective = nullptr);

  Index batch() const { return batch_; }
  /// The examples of a batch whose inputs this process reads.
  const std::optional<ExampleRange>& needed() const { return batch_inputs_.needed; }
  /// Runs on the examples of these indices, batch() of them; `step` selects the random masks of
  /// dropout. With `epoch`, the batch is changed at random as the model's "augment" says. Throws
  /// what prepare_batch() throws, and Error if the indices are of the wrong number.
  BatchResult run(const Examples& examples, std::span<const Index> indices, Index step,
                  std::optional<Index> epoch = std::nullopt);
  /// Runs on a batch that was prepared for this program's size and mode.
  BatchResult run(const PreparedBatch& prepared, Index step);

  /// See Program::rehearse.
  void rehearse() { program_->rehearse(); }

  /// The results of a run in training mode, in the model's order. Views into the program: the next
  /// run overwrites them.
  std::span<const Array> gradients() const { return gradients_; }
  std::span<const Array> new_states() const { return new_states_; }
  const Array& output() const { return output_; }
  const Program& program() const { return *program_; }
  Program& program() { return *program_; }

 private:
  /// Runs on what is in the program's inputs.
  BatchResult run_prepared(Index step);

  Model model_;
  Context& context_;
  Index batch_;
  std::uint64_t seed_;
  std::unique_ptr<Program> program_;
  PreparedBatch batch_inputs_;  // its arrays are the program's inputs
  Array output_;
  Array loss_;
  std::vector<Array> gradients_;
  std::vector<Array> new_states_;
};

}  // namespace autonet::internal
