#pragma once

#include <memory>
#include <vector>

#include "autonet/autograd/tape.h"
#include "autonet/exchange/c_source.h"
#include "exchange/c_source_program.h"

namespace autonet::internal {

/// A model recorded for C: a prediction of one example, or a training step.
struct CRecording {
  std::unique_ptr<Tape> tape;
  Var x, targets, step;  ///< placeholders; a prediction has only x
  std::vector<Var> parameters, states;
  Var output;  ///< the predictions, or the loss of a step
  std::vector<Var> new_states;
  std::vector<CUpdate> updates;
  std::vector<std::size_t> updated;  ///< the parameter of each update
};

/// Records the predictions for one input.
CRecording record_prediction(const Model& model, const Weights& weights, Context& context);
/// Records the output of the last layer, for these inputs and with numbers.
CRecording record_outputs(const Model& model, const Weights& weights, const Array& inputs,
                          Context& context);
/// Records a training step on `batch` examples.
CRecording record_training(const Model& model, const Weights& weights, Index batch,
                           Context& context);

}  // namespace autonet::internal
