#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autonet/data/images.h"

namespace autonet {

/// "data" of a model.json: which images a model is trained on.
struct DataSpec {
  std::string dataset = "usps";       ///< a data set that the program knows, by name
  Index validation = 1000;            ///< training images that are held out, chosen at random
  std::uint64_t seed = 1;             ///< of that choice
  std::optional<Index> limit;         ///< use only the first `limit` training images of the file
  std::string normalize = "default";  ///< one of normalization_names()
};

/// Where to look for the files of data sets, besides $AUTONET_DATA and the cache.
struct DataPaths {
  std::string data_dir;  ///< searched first; empty: none
};

/// How the numbers of a file become those that a model sees: (x - mean) / scale, for each channel.
struct Normalization {
  std::vector<float> mean;   ///< one for each channel
  std::vector<float> scale;  ///< one for each channel
};

/// The images of a run: three disjoint sets, normalized in the same way.
struct Splits {
  Images train;       ///< the images to train on
  Images validation;  ///< held out to choose the best epoch; may be empty (count 0)
  Images test;        ///< the test part of the data set, whole
  Index classes = 0;  ///< number of classes
  std::vector<std::string> class_names;  ///< one for each class
  Normalization normalization;           ///< what was done to the numbers of the files
};

/// The values of DataSpec::normalize:
///   default      as the data set is commonly used: usps and digits as they are, in [-1, 1]; sets
///                of bytes divided by 255
///   none         the numbers of the file: [-1, 1], or bytes 0 to 255
///   unit         the range of the file's numbers mapped to [0, 1]
///   signed       the range of the file's numbers mapped to [-1, 1]
///   standardize  (x - mean) / standard deviation, for each channel over the images that are left
///                for training; a constant channel is only shifted to 0
const std::vector<std::string>& normalization_names();

/// Reads a data set, takes the first `limit` training images, holds out `validation` of them at
/// random (chosen by the seed alone; both parts keep the order of the file), and normalizes. The
/// test part is always whole.
///
/// Throws ModelError, before any file is read, if the spec cannot be met: an unknown name, more
/// images than there are, no image left for training. Throws DataError if files are missing or
/// damaged, naming the file, the position and what was expected.
Splits load_splits(const DataSpec& spec, const DataPaths& paths = {});

}  // namespace autonet
