#pragma once

#include <optional>
#include <span>

#include "autonet/autograd/array.h"
#include "autonet/train/metrics.h"

namespace autonet {

/// What an epoch of training gave.
struct EpochReport {
  Index epoch = 0;                    ///< counted from 1
  Index epochs = 0;                   ///< of the whole run
  Metrics train;                      ///< mean over the mini-batches as they were trained
  std::optional<Metrics> validation;  ///< none without validation images
  double learning_rate = 0.0;         ///< of the epoch's last step
  double seconds = 0.0;               ///< training and validation together
  double images_per_second = 0.0;     ///< training images
  bool best = false;                  ///< the best epoch so far, by better()
};

/// The arrays of a step before it changes the parameters. They belong to the run and must only be
/// read. The parameters and states are the same arrays throughout the run, so a copy of one shows
/// its numbers at any later step; the gradients are overwritten by the next step.
struct StepArrays {
  Index epoch = 0;                         ///< counted from 1
  Index batch = 0;                         ///< counted from 1
  Index batches = 0;                       ///< in the epoch
  std::span<const Array> parameters = {};  ///< in the model's order
  std::span<const Array> states = {};      ///< in the model's order
  std::span<const Array> gradients = {};   ///< of the batch's loss, for each parameter
};

/// Follows a run: fit() calls it on its own thread. The functions do nothing unless overridden.
class FitObserver {
 public:
  virtual ~FitObserver() = default;
  /// Called first if a run is resumed: what its finished epochs gave, without the times.
  virtual void on_resume(std::span<const EpochReport> /*finished*/) {}
  /// Called before the first step: epochs that are finished, more than 0 if a run is resumed, and
  /// those of the whole run.
  virtual void on_start(Index /*finished*/, Index /*epochs*/) {}
  /// Called in each step, when the gradients are known and the parameters are not yet changed.
  virtual void on_gradients(const StepArrays&) {}
  /// Called after each step: epoch and batch counted from 1, batches in the epoch, the batch's
  /// loss.
  virtual void on_batch(Index /*epoch*/, Index /*batch*/, Index /*batches*/, double /*loss*/) {}
  /// Called after each epoch, once the checkpoint is written.
  virtual void on_epoch(const EpochReport&) {}
};

}  // namespace autonet
