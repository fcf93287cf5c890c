#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autonet/autograd/collective.h"
#include "autonet/autograd/context.h"
#include "autonet/data/examples.h"
#include "autonet/models/model.h"
#include "autonet/train/fit_observer.h"

namespace autonet {

/// Options of fit(), besides what the model says.
struct FitOptions {
  Examples validation = {};          ///< to choose the best epoch with; none: see validation_share
  double validation_share = 0.0;     ///< the part of the examples to hold out for that, 0 to 1;
                                     ///< which ones depends on the model's training seed alone
  std::optional<Index> epochs = {};  ///< else the model's; of a resumed run, those it was to have
  std::optional<std::uint64_t> seed = {};  ///< else the model's training seed
  FitObserver* observer = nullptr;         ///< follows the run; null: nobody does
  std::string checkpoint = {};  ///< file for the weights, with the run beside it; empty: none
  bool resume = false;          ///< continue the run in the checkpoint
  bool overwrite = false;       ///< replace a checkpoint that holds another model
  std::string init_from = {};   ///< start from the weights in this file; empty: from random ones
  std::vector<std::string> init_except = {};  ///< layers that start from random ones even so
  const std::atomic<bool>* stop = nullptr;    ///< set by the caller (Ctrl-C): save and return
  /// The processes that train together, null for this one alone. All of them call fit() with the
  /// same model, examples and options, but for the observer and `stop`. The process of rank 0 alone
  /// writes files. The trained weights are the same on all, bit for bit those of one process.
  Collective* collective = nullptr;
};

/// A trained model: the outcome of fit().
struct Trained {
  Model model;           ///< what was trained
  Weights weights = {};  ///< of the best validation epoch (the last without validation)
  std::vector<EpochReport> epochs = {};  ///< those of a resumed run from its first epoch on
  Index best_epoch = 0;                  ///< 0: the initial weights
  bool stopped = false;                  ///< by options.stop
  std::string lost = {};  ///< what ended the run, if another process of the collective did; the run
                          ///< was then saved as if it had been stopped
  bool saved = false;     ///< the run is in the checkpoint; false if it has none, or was stopped
                          ///< before its first step
  bool stopped_early = false;  ///< by the model's patience
  bool was_finished = false;   ///< the run that was to be resumed had nothing left to do
  Index goal = 0;              ///< the epochs that the run is to have

  /// Writes the model and its weights, as save_weights().
  void save(const std::string& path) const;
};

/// A trained model in a file that Trained::save() or a run with a checkpoint wrote. Throws
/// DataError if the file cannot be read or holds no model.
Trained load_trained(const std::string& path);

/// Trains a model on examples:
///
///     const Model m = Model::load("net.json");
///     const Trained t = fit(m, {.x = view(X, {n, 8}), .y = labels}, context,
///                           {.validation_share = 0.1});
///
/// The result is the same bit for bit for any number of threads, and for a run that was stopped and
/// resumed. A run with a checkpoint NAME.npz has a second file, NAME.run.npz, with all that is
/// needed to resume: see docs/checkpoints.md.
///
/// Throws DataError if the inputs or targets do not have the shapes that the model needs, naming
/// both, if a label is not the number of a class, or if a number is not finite; DataError for
/// checkpoints that cannot be read or written, or weights to start from that do not fit; ModelError
/// for options that cannot be met, and for a checkpoint that holds another model; Error if
/// a loss, gradient or parameter is not finite during training, naming it, the epoch and the batch,
/// or if the processes of a collective were not started alike.
Trained fit(const Model& model, const Examples& examples, Context& context,
            const FitOptions& options = {});

}  // namespace autonet
