#pragma once

#include <string>

#include "train/weights.h"

namespace autonet {

/// Trained numbers, biases included.
Index parameter_count(const Model& model);

/// The checkpoint's path: `given`, or what the model names. Throws ModelError if neither does.
std::string checkpoint_of(const Model& model, const std::string& given);

/// The weights of `model` in a checkpoint. Throws DataError as autonet::load_weights does, and
/// where there is no such file, saying how to make one.
LoadedWeights weights_of(const Model& model, const std::string& path);

/// A word as a shell reads it back: quoted where it needs that.
std::string shell_word(const std::string& word);

/// "autonet fit MODEL", with --checkpoint if the path is not the model's own.
std::string fit_command(const Model& model, const std::string& path);

}  // namespace autonet
