#pragma once

#include "autonet/train/fit.h"
#include "train/checkpoint_lock.h"
#include "train/run_state.h"

namespace autonet::internal {

/// Throws if options of fit() are wrong or contradict each other, or if they would replace the
/// checkpoint of another model, a run is using it, or training on so many examples takes more
/// memory than there is. Holds the checkpoint for this run.
CheckpointLock begin_run(const Model& model, Index examples, int threads,
                         const FitOptions& options);

/// The examples to train on and those for validation, with their numbers in one piece. Throws if
/// they do not fit the model or the options.
Division divided(const Model& model, const Examples& examples, const FitOptions& options);

/// A run on so many training examples before its first step, with the weights that the options name
/// or random ones.
Run new_run(const Model& model, const FitOptions& options, Index examples);

}  // namespace autonet::internal
