#pragma once

#include "autonet/data/examples.h"
#include "autonet/train/fit.h"
#include "train/run_state.h"

namespace autonet::internal {

// What the processes of a run have to agree on: see FitOptions::collective.

/// True for the process that writes the files of a run: rank 0, or the only one.
bool writes_files(const FitOptions& options);

/// True on all processes if the caller of one of them wants to stop.
bool stop_requested(const FitOptions& options);

/// Throws Error on all processes, naming what differs, unless all have the same model, state of the
/// run, weights and examples, and compute with the same program and instructions.
void check_alike(const FitOptions& options, const Model& model, const Run& run,
                 const Examples& train, const Examples& validation);

}  // namespace autonet::internal
