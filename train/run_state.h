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
  std::string identity;   // see run_identity()
  Index epochs = 0;       // that the run is to have
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

  /// Begins an epoch: no batch of it is done.
  void clear_sums() {
    batch = 0;
    loss_sum = 0.0;
    correct_sum = 0;
    squares_sum = 0.0;
    images_sum = 0;
  }
};

/// The means over the batches of the unfinished epoch, of which there is at least one.
Metrics training_metrics(const Model& model, const RunState& state);

/// A run: all that a checkpoint keeps, and all that is needed to continue as if it had never
/// stopped.
struct Run {
  RunState state;
  Weights last;  // after the last step
  Weights best;  // of the best epoch
  Optimizer optimizer;
  Weights average = {};  // the moving average of the weights; empty if the model has no "ema"
};

/// A run on `images` training images before its first step, from these weights.
Run start_run(const Model& model, std::uint64_t seed, Index images, Weights initial);

/// Copies the state, the last weights and the optimizer's numbers into the arrays of another run of
/// the same model. Its best weights stay.
void copy_progress(Run& from, Run& to);

// A run with a checkpoint NAME.npz has two files. NAME.npz holds the weights of the best epoch and
// nothing else but texts; NAME.run.npz holds the whole run, these weights included. The run is
// written first: a kill between the two leaves a run from which resuming writes the weights anew.
// docs/decisions/0015-two-files-of-a-run.md gives the reasons.

/// "NAME.run.npz" for "NAME.npz".
std::string run_file_of(const std::string& checkpoint);

/// Writes the run, and with `weights` then the weights of the best epoch, each in one step.
void save_run(const Model& model, const std::string& checkpoint, Run& run, bool weights);

/// The run of a checkpoint, to be continued on `images` training images in batches of `batch`.
/// Reads checkpoints of older versions too, which hold the run in one file with the weights. Writes
/// the weights' file if a kill has kept it behind the run's. `state.epochs` is the number that the
/// run had as its end or, if the model's text has another one since then, that one.
///
/// Throws ModelError if path is empty, the run has another seed, or the model's text differs in
/// what a run depends on, naming the differences; DataError if the file is missing or damaged, has
/// no run, holds weights that are not finite, belongs to other data, or the weights' file is that
/// of another run.
Run resume_run(const Model& model, const std::string& path, std::optional<std::uint64_t> seed,
               Index images, Index batch);

/// The content of a run's file: the best weights under their own names ("conv_1/weight"), the last
/// ones, their moving average and the optimizer's slots under "run/last/…", "run/average/…" and
/// "run/slot0/…", the model's text and name, and the state.
ArrayFile to_run_file(const Model& model, Run& run);
/// The content of the weights' file: the best weights, the model's text and name, and of which run
/// and epoch they are.
ArrayFile to_weights_file(const Model& model, const Run& run);

}  // namespace autonet::internal
