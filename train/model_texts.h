#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autonet/models/model.h"
#include "autonet/train/checkpoint.h"

namespace autonet::internal {

/// What of two model texts is compared.
enum class Compared {
  run,      ///< All that a run depends on: not "training" epochs, early_stopping and checkpoint.
  network,  ///< The name, the data set, the inputs and outputs, and the layers: another model.
  layers,   ///< The layers alone, so what the weights mean. Not how they start or are computed.
};

/// A line for each value that differs, at most ten: `/training/batch_size: 32, now 64`. `before`
/// and `after` are texts of models as JSON; nothing for a text that is not JSON.
std::vector<std::string> differences(const std::string& before, const std::string& after,
                                     Compared compared);

/// The model's text with its name in it, even where that comes from the file's name.
std::string named_text(const Model& model);

/// The text of that key; null if there is none.
const std::string* find_text(const ArrayFile& file, const std::string& key);

/// A hash of all that a run depends on: its model's text as compared by Compared::run, the seed,
/// the number of examples and the weights that it starts from.
std::string run_identity(const Model& model, std::uint64_t seed, Index examples,
                         const Weights& initial);

/// The lines in which the model that a checkpoint holds and this one differ; none if it holds none.
std::vector<std::string> differences_from(const Model& model, const ArrayFile& file,
                                          Compared compared);

/// Throws ModelError if a file at `path` would be lost: it holds the weights of another model, or
/// is no checkpoint with a model's text. Does nothing if there is no file.
void check_replaceable(const Model& model, const std::string& path);

/// Throws ModelError, naming what differs, if the checkpoint was written for a model with other
/// layers or, with Compared::network, for another model. Files without a model's text pass.
void check_same_model(const Model& model, const ArrayFile& file, const std::string& path,
                      Compared compared);

}  // namespace autonet::internal
