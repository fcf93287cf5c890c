#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autograd/shape.h"

namespace autonet {

/// Labelled images, [N,H,W,C] in memory: image, row, column, channel, the channel fastest.
struct Images {
  Index count = 0;
  Index rows = 0;
  Index cols = 0;
  Index channels = 0;
  std::vector<float> pixels;         // count * rows * cols * channels
  std::vector<std::int32_t> labels;  // count of them, 0 … classes - 1

  /// Numbers in one image.
  Index image_size() const { return rows * cols * channels; }
};

/// A data set as published: its own training and test parts, numbers as they stand in the files.
struct Dataset {
  Images train;
  Images test;
};

/// What "data" of a model.json says.
struct DataSpec {
  std::string dataset = "usps";
  Index validation = 1000;            // images held out of the training part, at random
  std::uint64_t seed = 1;             // of that choice
  std::optional<Index> limit;         // only the first so many training images of the file
  std::string normalize = "default";  // one of normalization_names()
};

/// Where else to look for files.
struct DataPaths {
  std::string data_dir;  // sought before $AUTONET_DATA and the cache; empty: none
};

/// What a run works on: three disjoint sets of images, normalised alike.
struct Splits {
  Images train;
  Images validation;  // may be empty: count 0
  Images test;
  Index classes = 0;
  std::vector<std::string> class_names;
  // Stored numbers became (x - mean) / scale, a pair a channel.
  std::vector<float> mean;
  std::vector<float> scale;
};

/// The values of DataSpec::normalize:
///   default      as the data set is commonly used: usps and digits as they are, in [-1, 1]; sets
///                of bytes divided by 255
///   none         the numbers of the file: [-1, 1], or bytes 0 to 255
///   unit         the span of the file's numbers mapped to [0, 1]
///   signed       … to [-1, 1]
///   standardize  (x - mean) / standard deviation, for each channel over the images that are left
///                for training; a constant channel is only centred
const std::vector<std::string>& normalization_names();

/// Reads a data set, takes the first `limit` training images, holds out `validation` of them at
/// random (by seed alone; both parts keep the order of the file), and normalises. The test part is
/// always whole.
///
/// Throws ModelError where the spec asks for something that cannot be (an unknown name, more
/// images than there are, nothing left for training), before any file is read; DataError where
/// files are missing or damaged, naming file, position and expectation.
Splits load_splits(const DataSpec& spec, const DataPaths& paths = {});

}  // namespace autonet
