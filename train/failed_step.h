#pragma once

#include <span>
#include <string>
#include <utility>

#include "autonet/data/examples.h"
#include "autonet/models/model.h"

namespace autonet::internal {

/// A step in which a number was not finite, as it is kept in a file: the state before the step, and
/// the batch.
struct FailedStep {
  Weights weights = {};
  Array x = {};
  Array y = {};
  Index epoch = 0;  // counted from 1
  Index batch = 0;  // counted from 1
  Index step = 0;   // counted from 0
  double learning_rate = 0.0;
  std::uint64_t seed = 0;
  std::string what;         // what was not finite first
  bool validation = false;  // not a step, but validation examples at the end of an epoch
  Model::Mode mode() const { return validation ? Model::Mode::evaluation : Model::Mode::training; }
};

/// The name of the first parameter that holds a number which is not finite; empty if none does.
std::string not_finite_in(const Model& model, const Weights& weights);

/// "NAME.failed.npz" for "NAME.npz".
std::string failed_file_of(const std::string& checkpoint);

/// Writes a failed step: the arrays "x" and "y", the weights under their own names, the model's
/// text and the rest as the text "failed_step".
void save_failed_step(const Model& model, const std::string& path, const FailedStep& failed);

/// Reads such a file, with its model. Throws DataError if it cannot be read or holds no step.
std::pair<Model, FailedStep> load_failed_step(const std::string& path);

/// Finds out what is not finite first in a step that `failed` describes but for x, y and a layer:
/// takes these rows of the examples as its batch, and computes it again from its weights. Unless
/// `checkpoint` is empty, writes the step to failed_file_of(checkpoint). Returns what can be said
/// about the file as the end of an error, empty without a checkpoint. Does nothing if `failed` is
/// of validation examples and all is finite for these rows.
std::string keep_failed_step(const Model& model, Context& context, const std::string& checkpoint,
                             const Examples& examples, std::span<const Index> batch,
                             FailedStep& failed);

}  // namespace autonet::internal
