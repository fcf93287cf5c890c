#pragma once

#include <memory>
#include <span>
#include <vector>

#include "autograd/program.h"
#include "models/model.h"

namespace autonet::internal {

/// The loss of a batch, a mean, and how many of its images were recognised.
struct BatchResult {
  double loss = 0.0;
  Index correct = 0;
};

/// A model recorded once for batches of one size and planned: forward alone, or with the gradients
/// of all parameters (never the images'). It reads the parameters' own arrays at each run, so
/// updating them in place is all that a training loop does.
class ModelProgram {
 public:
  /// `lender`: another one whose memory is used where it suffices (the last, partial batch).
  ModelProgram(const Model& model, Context& context, Index batch, Model::Mode mode,
               std::span<const Array> parameters, std::span<const Array> states, std::uint64_t seed,
               const ModelProgram* lender = nullptr);

  Index batch() const { return batch_; }
  /// Copies these images and their labels in and runs. `indices` has batch() entries; `step` keys
  /// the random masks.
  BatchResult run(const Images& images, std::span<const Index> indices, Index step);

  /// See Program::rehearse.
  void rehearse() { program_->rehearse(); }

  /// After a run in training mode, in the model's order. Views into the program: overwritten next
  /// time.
  std::span<const Array> gradients() const { return gradients_; }
  std::span<const Array> new_states() const { return new_states_; }
  const Array& output() const { return output_; }
  const Program& program() const { return *program_; }
  Program& program() { return *program_; }

 private:
  Model model_;
  Index batch_;
  std::unique_ptr<Program> program_;
  Array output_;
  Array loss_;
  std::vector<Array> gradients_;
  std::vector<Array> new_states_;
};

}  // namespace autonet::internal
