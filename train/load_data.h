#pragma once

#include <string>
#include <vector>

#include "autonet/data/splits.h"
#include "autonet/models/model.h"

namespace autonet {

/// Reads a model's file, as Model::load() does. If the model has data of one's own, "input" and
/// "classes" may be missing: the data are then read too, and Model::text() is the text of the file
/// with both added to it.
///
/// Throws as Model::load() does; all mistakes of the file are found before data are read. Throws
/// DataError as load_data() does.
Model load_model(const std::string& path, const std::vector<std::string>& settings = {});

/// The examples that a model's "data" describes: those of a data set, by load_splits(), or of files
/// of one's own. Their paths start from the folder of the model's file; the ending of the name
/// tells the kind of a file:
///
///   .npz .safetensors .h5 .hdf5
///                      arrays "x", inputs [n,…], and "y", labels [n] or targets [n,outputs];
///                      perhaps "x_test" and "y_test"
///   .npy               an array of inputs; "labels" names a second file
///   .csv               a table whose first line names the columns; "label" names that of the
///                      classes or those of the targets
///   .svm .libsvm       lines of a label and INDEX:VALUE
///   -ubyte .idx        images of bytes in the form of MNIST; "labels" names a second file
///
/// "folder" names a folder with a folder of pictures (PNG, JPEG, PGM, PPM) for each class, or with
/// train/ and test/ above those; see "size" and "colour" in DataSpec. The pictures are taken in one
/// fixed random order.
///
/// "test", and with it "test_labels", names a file of the same kind. Images of bytes are normalized
/// as those of a data set are. Other numbers are used as they are, or with "normalize":
/// "standardize" as (x - mean) / standard deviation, for each channel over the training examples.
///
/// Throws ModelError if the model has no data or they cannot be divided as it says; DataError if
/// files are missing or damaged, an array is missing, or the examples do not fit the model.
Splits load_data(const Model& model, const DataPaths& paths = {});

}  // namespace autonet
