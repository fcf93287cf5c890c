#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autograd/context.h"
#include "data/dataset.h"
#include "models/model.h"

namespace autonet {

/// Mean cross-entropy (the model's loss) and accuracy as a fraction, over some images.
struct Metrics {
  double cross_entropy = 0.0;
  double accuracy = 0.0;
};

/// One epoch's line.
struct EpochReport {
  Index epoch = 0;  // from 1
  Index epochs = 0;
  Metrics train;                      // mean over the mini-batches as they were trained
  std::optional<Metrics> validation;  // none without validation images
  double learning_rate = 0.0;         // of the epoch's last step
  double seconds = 0.0;
  double images_per_second = 0.0;
  bool best = false;  // the best so far, see better()
};

/// What "the best epoch" means: the higher accuracy, at equal accuracy the lower loss.
bool better(const Metrics& a, const Metrics& b);

/// What the caller hears of a run; called on the caller's thread. All do nothing by default.
class FitObserver {
 public:
  virtual ~FitObserver() = default;
  virtual void on_batch(Index /*epoch*/, Index /*batch*/, Index /*batches*/, double /*loss*/) {}
  virtual void on_epoch(const EpochReport&) {}
};

struct FitOptions {
  std::optional<Index> epochs;              // else the model's
  std::optional<std::uint64_t> seed;        // else the model's training seed
  std::string checkpoint;                   // where the best weights go; empty: nowhere
  bool resume = false;                      // go on from the run in the checkpoint
  const std::atomic<bool>* stop = nullptr;  // set by the caller (Ctrl-C): save and return
};

struct FitResult {
  std::vector<EpochReport> epochs;
  Index best_epoch = 0;           // 0: the initial weights
  std::vector<Array> parameters;  // of the best validation epoch (the last without validation)
  std::vector<Array> states;
  bool stopped = false;        // by options.stop
  bool saved = true;           // false: stopped in the first epoch, an older file was kept
  bool stopped_early = false;  // by the model's patience
};

/// Trains. The run is the same bit for bit for any number of threads, and across a resume. Throws
/// Error where a loss or gradient is not finite (saying the tensor, epoch and batch), DataError on
/// checkpoint trouble.
FitResult fit(const Model& model, const Splits& data, Context& context, const FitOptions& options,
              FitObserver& observer);

/// Throws DataError unless the images have the model's shape and labels below its classes; `what`
/// begins the error.
void check_images(const Model& model, const Images& images, const char* what);

/// The weights in a checkpoint (the best epoch's), for the parameters and states of the model.
/// Throws DataError naming the array where one is missing, has another shape, or is unknown to the
/// model.
struct LoadedWeights {
  std::vector<Array> parameters;
  std::vector<Array> states;
};
LoadedWeights load_weights(const Model& model, const std::string& path);

/// Loss and accuracy of given weights over some images, in evaluation mode.
Metrics evaluate(const Model& model, const Images& images, std::span<const Array> parameters,
                 std::span<const Array> states, Context& context);

}  // namespace autonet
