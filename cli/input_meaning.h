#pragma once

#include <string>
#include <vector>

#include "autonet/data/splits.h"
#include "autonet/models/model.h"

namespace autonet::cli {

/// What a model's data say about its inputs.
struct InputMeaning {
  /// The range of the numbers in the files of the data, which is that of a picture's 0 … 255.
  float low = 0.0F;
  float high = 1.0F;
  bool has_range = false;  // false if that range is not known: 0 … 1 is then for pictures alone
  Normalization normalization;
  std::vector<std::string> classes;  // their names; empty in regression
  bool resizes = false;  // true if pictures are resized to the size of the model's images
};

/// Reads the data only if the normalization is measured on them. Throws as load_data() does.
InputMeaning meaning_of(const Model& model, const std::string& data_dir);

}  // namespace autonet::cli
