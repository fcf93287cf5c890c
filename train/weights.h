#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/models/model.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/optimizer.h"

namespace autonet {

/// The weights of the best epoch in a checkpoint, converted to the model's precision. Throws
/// DataError naming the array if one is missing, has another shape, holds a number that is not
/// finite, or is unknown to the model;
/// ModelError if the file was written for other layers, naming what differs.
Weights load_weights(const Model& model, const std::string& path);

/// Writes the weights to an .npz or .safetensors file that load_weights() reads, with the text of
/// the model. A kill at any moment leaves the old file or the new one. Throws ModelError for
/// another ending, DataError if the file cannot be written, Error if the weights are not the
/// model's.
void save_weights(const Model& model, const Weights& weights, const std::string& path);

namespace internal {

/// Throws Error unless the arrays have the numbers and shapes of the model's parameters and states,
/// naming both. `doing` begins the message.
void check_weights(const Model& model, const Weights& weights, std::string_view doing);

/// Fresh arrays with the same numbers, converted to `dtype`.
Weights copy_of(const Weights& weights, DType dtype);

/// Adds the weights to `file`, under their names in the model with `prefix` before them.
void append_weights(ArrayFile& file, const Model& model, const Weights& weights,
                    const std::string& prefix = {});

/// The optimizer of the model's "training", with slots for these weights.
Optimizer optimizer_for(const Model& model, const Weights& weights);

/// The weights in `file`, whose names there begin with `prefix`; errors as load_weights(), in which
/// the file is called `path`.
Weights find_weights(const Model& model, const ArrayFile& file, const std::string& path,
                     const std::string& prefix = {});

/// The same, also if numbers are not finite.
Weights find_any_weights(const Model& model, const ArrayFile& file, const std::string& path,
                         const std::string& prefix = {});

/// A copy of the array of that name, converted to `dtype`; errors as load_weights(),
/// but its numbers need not be finite.
Array find_array(const ArrayFile& file, const std::string& path, const std::string& name,
                 const Shape& shape, DType dtype);

}  // namespace internal
}  // namespace autonet
