#pragma once

#include <optional>
#include <string>
#include <vector>

#include "train/checkpoint.h"
#include "train/fit.h"
#include "train/optimizer.h"

namespace autonet {

/// Where a run stands, between two batches: with the arrays that a checkpoint keeps beside it, all
/// that is needed to go on as if it had never stopped.
struct RunState {
  std::uint64_t seed = 1;
  Index epoch = 0;        // epochs finished
  Index batch = 0;        // batches done of the next one
  Index step = 0;         // updates done
  double loss_sum = 0.0;  // of the unfinished epoch, weighted by batch size
  Index correct_sum = 0;
  Index images_sum = 0;
  Index best_epoch = 0;
  Metrics best;
  Index since_best = 0;              // epochs
  std::vector<EpochReport> history;  // without the times, which would differ from run to run
};

/// What the names of a run's last weights begin with; the best ones stand under their own names.
inline constexpr const char* kLastWeights = "run/last/";

/// Everything of a run as one file: the best weights under their own names ("conv_1/weight"), the
/// last ones and the optimizer's slots under "run/last/…" and "run/slot0/…", the model's text and
/// the run state.
ArrayFile to_checkpoint(const Model& model, const RunState& run, std::span<const Array> best,
                        std::span<const Array> best_states, std::span<const Array> last,
                        std::span<const Array> last_states, Optimizer& optimizer);

/// The arrays of the model's parameters and states out of a file (best weights: prefix empty),
/// checked for names and shapes and converted to the model's precision. Throws DataError naming the
/// array, and both shapes, where one is missing, has another shape, or is unknown to the model.
LoadedWeights find_weights(const Model& model, const ArrayFile& file, const std::string& path,
                           const std::string& prefix = {});

/// The run state of a file, or nothing if it holds weights alone. Throws DataError if it is
/// damaged, or if it belongs to a model of another text.
std::optional<RunState> find_run(const Model& model, const ArrayFile& file,
                                 const std::string& path);

/// Fills the optimizer's slots from a file. Throws DataError as find_weights.
void restore_slots(const Model& model, const ArrayFile& file, const std::string& path,
                   Optimizer& optimizer);

}  // namespace autonet
