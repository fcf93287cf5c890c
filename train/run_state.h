#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autonet/train/checkpoint.h"
#include "autonet/train/fit_observer.h"
#include "autonet/train/optimizer.h"
#include "autonet/train/weights.h"

namespace autonet::internal {

/// How far a run has come, between two batches.
struct RunState {
  std::uint64_t seed = 1;
  Index epoch = 0;        // epochs finished
  Index batch = 0;        // batches done of the next one
  Index step = 0;         // updates done
  double loss_sum = 0.0;  // of the unfinished epoch, weighted by batch size
  Index correct_sum = 0;
  double squares_sum = 0.0;
  Index images_sum = 0;
  Index best_epoch = 0;
  Metrics best;
  Index since_best = 0;              // epochs
  std::vector<EpochReport> history;  // without the times, which differ from run to run
};

/// A run: all that a checkpoint keeps, and all that is needed to continue as if it had never
/// stopped.
struct Run {
  RunState state;
  Weights last;  // after the last step
  Weights best;  // of the best epoch
  Optimizer optimizer;
};

/// A run before its first step, with the model's initial weights.
Run start_run(const Model& model, std::uint64_t seed);

/// The run in a checkpoint, to be continued on `images` training images in batches of `batch`.
/// Throws ModelError if path is empty or the run has another seed; DataError if the file is missing
/// or damaged, has no run, or belongs to another model text or to other data.
Run resume_run(const Model& model, const std::string& path, std::optional<std::uint64_t> seed,
               Index images, Index batch);

/// A run as one file: the best weights under their own names ("conv_1/weight"), the last ones and
/// the optimizer's slots under "run/last/…" and "run/slot0/…", the model's text and the state.
ArrayFile to_checkpoint(const Model& model, Run& run);

}  // namespace autonet::internal
