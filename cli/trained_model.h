#pragma once

#include <string>

#include "autonet/train/weights.h"

namespace autonet::cli {

/// The number of trained parameters, biases included.
Index parameter_count(const Model& model);

/// What an input of the model is called: "image", or "example" if it is none.
std::string input_noun(const Model& model);

/// The name of the model's data set, or of the file with its data.
std::string data_name(const Model& model);

/// The path of the checkpoint: `given`, or if that is empty, the one that the model file names.
/// Throws ModelError if both are empty.
std::string checkpoint_of(const Model& model, const std::string& given);

/// The weights of `model` in a checkpoint. Throws DataError like load_weights; if the file does not
/// exist, the error says how to make it. Throws ModelError if it was written for other layers or,
/// at the model's own path, for another model.
Weights weights_of(const Model& model, const std::string& path);

/// Notes on standard error that a checkpoint has no checksum, so that damage to it would not be
/// found. Nothing for one that has a checksum, or cannot be read.
void note_unchecked(const std::string& path);

/// A note that the run of a checkpoint was made with another instruction set, compiler or version
/// of autonet; empty if it was not, or that cannot be read.
std::string made_elsewhere(const std::string& path);

/// "autonet fit MODEL", with --checkpoint if the path is not the model's own.
std::string fit_command(const Model& model, const std::string& path);

}  // namespace autonet::cli
