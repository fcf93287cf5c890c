#pragma once

#include "autonet/data/splits.h"
#include "autonet/models/model.h"

namespace autonet {

/// The examples that a model's "data" describes: those of a data set, by load_splits(), or of a
/// file of arrays. Such a file, .npz or .safetensors, holds "x", inputs [n,…], and "y", labels [n]
/// or targets [n,outputs], and may hold "x_test" and "y_test"; it is sought from the folder of the
/// model's file. Its numbers are used as they are, or with "normalize": "standardize" as
/// (x - mean) / standard deviation, for each channel over the training examples.
///
/// Throws ModelError if the model has no data or they cannot be divided as it says; DataError if
/// files are missing or damaged, an array is missing, or the examples do not fit the model.
Splits load_data(const Model& model, const DataPaths& paths = {});

}  // namespace autonet
