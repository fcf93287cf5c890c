#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "autonet/autograd/context.h"
#include "autonet/autograd/program.h"
#include "autonet/data/examples.h"
#include "autonet/models/model.h"

namespace autonet::internal {

/// What selects the random changes of a batch of training.
struct BatchChanges {
  std::uint64_t seed = 1;
  Index epoch = 0;  // counted from 0
  Index step = 0;   // counted from 0
};

/// The type of the targets of a batch: labels [n] of classes, numbers [n,outputs] in regression and
/// where a model is trained with "mixup", whose targets lie between classes.
ArrayType target_type(const Model& model, Index n, Model::Mode mode);

/// The numbers of `count` training examples in the order of an epoch, counted from 0.
std::vector<Index> epoch_order(Index count, bool shuffle, std::uint64_t seed, Index epoch);

/// A batch as a program reads it.
struct PreparedBatch {
  Array inputs = {};             // Model::batch_shape(n)
  Array targets = {};            // target_type()
  std::vector<Index> rows = {};  // of the examples, see Examples::row
  /// The examples of the batch whose inputs are needed; the inputs of the others are not read, and
  /// their numbers are not set. Nothing: all.
  std::optional<ExampleRange> needed = {};
};

/// Writes the examples of these indices to a batch, whose arrays have the right types. With
/// `changes`, images are changed at random and examples mixed as the model's "augment" says;
/// targets [n,outputs] of classes are 1 for the label's class and 0 for the others, before they are
/// mixed.
///
/// Throws DataError if the examples have other shapes than the model needs, or an input in a file
/// is not finite; Error if an index is outside the examples, or a label no class.
void prepare_batch(const Model& model, Context& context, const Examples& examples,
                   std::span<const Index> indices, const std::optional<BatchChanges>& changes,
                   PreparedBatch& batch);

/// A batch of n examples whose numbers are not set.
PreparedBatch empty_batch(const Model& model, Index n, Model::Mode mode);

}  // namespace autonet::internal
