#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/data/splits.h"
#include "autonet/models/model.h"
#include "autonet/train/fit_observer.h"

namespace autonet {

/// Options of fit(), besides what the model says.
struct FitOptions {
  std::optional<Index> epochs;              ///< else the model's
  std::optional<std::uint64_t> seed;        ///< else the model's training seed
  std::string checkpoint;                   ///< file for the weights and the run; empty: none
  bool resume = false;                      ///< continue the run in the checkpoint
  const std::atomic<bool>* stop = nullptr;  ///< set by the caller (Ctrl-C): save and return
};

/// The outcome of fit().
struct FitResult {
  std::vector<EpochReport> epochs;  ///< those of a resumed run from its first epoch on
  Index best_epoch = 0;             ///< 0: the initial weights
  Weights weights;                  ///< of the best validation epoch (the last without validation)
  bool stopped = false;             ///< by options.stop
  bool saved = true;                ///< false: stopped in the first epoch, an older file was kept
  bool stopped_early = false;       ///< by the model's patience
};

/// Trains a model. The result is the same bit for bit for any number of threads, and for a run that
/// was stopped and resumed.
///
/// Throws DataError if the images do not fit the model, a vector is shorter than its count says, a
/// label is outside the classes or a pixel is not finite; DataError for checkpoints that cannot be
/// read or written; ModelError for options that cannot be met; Error if a loss, gradient or
/// parameter is not finite during training, naming it, the epoch and the batch.
FitResult fit(const Model& model, const Splits& data, Context& context, const FitOptions& options,
              FitObserver& observer);
/// The same, in silence.
inline FitResult fit(const Model& model, const Splits& data, Context& context,
                     const FitOptions& options = {}) {
  FitObserver silent;
  return fit(model, data, context, options, silent);
}

}  // namespace autonet
