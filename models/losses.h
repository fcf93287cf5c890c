#pragma once

#include <span>
#include <string>

#include "autonet/autograd/var.h"
#include "models/fields.h"
#include "models/key.h"

namespace autonet::internal {

/// A row of the loss table: everything that the library and the program need to know of one loss.
struct LossType {
  ObjectType object;            // its name in model.json, its documentation and its keys
  std::string title;            // in tables: "cross-entropy"
  std::string json_key;         // in JSON output and in checkpoints: "cross_entropy"
  std::string activation = {};  // the activation that it applies to the output itself, if any
  /// Records what the output says: probabilities, or the output itself.
  Var (*predictions)(Var output) = [](Var output) { return output; };
  /// True if the targets are real numbers; those of a class's label are then 1 for that class and 0
  /// for the others. Else they are labels.
  bool real_targets = true;
  /// Records the mean loss of outputs [N, outputs] for targets of that shape, or for labels [N].
  Var (*record)(const Fields& fields, Var output, Var targets) = nullptr;
};

/// All losses, in the order of the documentation. The first is the default.
std::span<const LossType> loss_table();

/// The row of a "loss" object that was read. Throws Error if there is none.
const LossType& loss_type(const Fields& loss);

}  // namespace autonet::internal
