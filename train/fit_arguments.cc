#include "train/fit_arguments.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/checkpoint.h"
#include "train/check_examples.h"
#include "train/init_from.h"
#include "train/memory.h"
#include "train/model_texts.h"
#include "train/ranks.h"
#include "train/run_state.h"

namespace autonet::internal {

CheckpointLock begin_run(const Model& model, Index examples, int threads,
                         const FitOptions& options) {
  if (options.epochs.value_or(0) < 0) {
    throw ModelError(text::concat("fit: epochs must be at least 0, got ", *options.epochs));
  }
  if (!options.checkpoint.empty()) check_checkpoint_name(options.checkpoint);
  if (options.resume && !options.init_from.empty()) {
    throw ModelError("fit: a resumed run has its weights; leave out either resume or init_from");
  }
  if (!options.init_except.empty() && options.init_from.empty()) {
    throw ModelError("fit: init_except needs init_from, the file with the other layers' weights");
  }
  if (!options.checkpoint.empty() && !options.resume && !options.overwrite) {
    check_replaceable(model, options.checkpoint);
    check_replaceable(model, run_file_of(options.checkpoint));
  }
  if (options.epochs.value_or(1) > 0 && examples > 0) {
    check_training_fits(model, std::min(model.training().batch_size, examples), threads, "fit",
                        "--set training.batch_size=");
  }
  return CheckpointLock(writes_files(options) ? options.checkpoint : "");
}

Division divided(const Model& model, const Examples& examples, const FitOptions& options) {
  if (examples.count() == 0) throw DataError("fit: there are no training examples");
  check_examples(model, examples, "fit: training");
  const double share = options.validation_share;
  if (options.validation.count() > 0) {
    if (share != 0.0) {
      throw ModelError("fit: give either validation or validation_share, not both");
    }
    check_examples(model, options.validation, "fit: validation");
    return {contiguous(examples), contiguous(options.validation)};
  }
  if (share == 0.0) return {contiguous(examples), {}};
  const bool possible = share > 0.0 && share < 1.0;
  const Index held =
      possible ? static_cast<Index>(share * static_cast<double>(examples.count())) : 0;
  if (held == 0) {
    throw ModelError(text::concat("fit: a validation_share of ", share, " of ", examples.count(),
                                  " examples leaves none for training or for validation"));
  }
  // Not by options.seed, which a resumed run takes from its checkpoint.
  return hold_out(examples, held, model.training().seed);
}

Run new_run(const Model& model, const FitOptions& options, Index examples) {
  const TrainingSettings& settings = model.training();
  const std::uint64_t seed = options.seed.value_or(settings.seed);
  return start_run(model, seed, examples,
                   options.init_from.empty()
                       ? model.initial_weights(settings.precision, seed)
                       : weights_from(model, options.init_from, options.init_except, seed));
}

}  // namespace autonet::internal
