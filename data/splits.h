#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autonet/data/augment_settings.h"
#include "autonet/data/examples.h"

namespace autonet {

/// "data" of a model.json: what a model is trained on.
struct DataSpec {
  std::string dataset = "usps";    ///< a data set that the program knows, by name; or empty
  std::string file;                ///< then a file of one's own, see load_data()
  std::string labels;              ///< the file of its labels, if they have one of their own
  std::string test;                ///< a file of the same kind to test on; empty: none
  std::string test_labels;         ///< the labels of `test`
  std::vector<std::string> label;  ///< of a table: the column of the labels or targets
  std::string folder;              ///< or a folder of pictures, one sub-folder for each class
  /// Rows and columns to which pictures are resized; without them, all must have one size.
  std::optional<std::array<Index, 2>> size;
  std::string colour;       ///< of pictures: "grey" or "rgb"; empty: grey if all are
  Index validation = 1000;  ///< training images that are held out, chosen at random
  /// True if nobody chose `validation`: files of one's own then hold out at most a fifth.
  bool usual_validation = false;
  std::uint64_t seed = 1;             ///< of that choice
  bool stratified = false;            ///< holds out the same share of every class
  std::optional<Index> limit;         ///< use only the first `limit` training images of the file
  std::string normalize = "default";  ///< one of normalization_names()
  AugmentSettings augment;            ///< random changes of the training images

  /// True if there is a `file` or a `folder`.
  bool own() const { return !file.empty() || !folder.empty(); }
};

/// Where to look for the files of data sets, besides $AUTONET_DATA and the cache.
struct DataPaths {
  std::string data_dir;  ///< searched first; empty: none
};

/// How the numbers of a file become those that a model sees: (x - mean) / scale, for each channel,
/// or for each number of an input if there are so many: entry i % n for number i.
struct Normalization {
  std::vector<float> mean;   ///< n, one for each channel or number
  std::vector<float> scale;  ///< n, one for each channel or number
};

/// The examples of a run: three disjoint sets, normalized in the same way. The inputs of a data set
/// are images [n,rows,columns,channels].
struct Splits {
  Examples train = {};                        ///< the examples to train on
  Examples validation = {};                   ///< held out to choose the best epoch; may be empty
  Examples test = {};                         ///< the test part, whole; may be empty
  std::vector<std::string> class_names = {};  ///< one for each class; empty if they have none
  Normalization normalization = {};           ///< what was done to the numbers of the files
};

/// The values of DataSpec::normalize:
///   default      as the data set is commonly used: usps and digits as they are, in [-1, 1]; sets
///                of bytes divided by 255
///   none         the numbers of the file: [-1, 1], or bytes 0 to 255
///   unit         the range of the file's numbers mapped to [0, 1]
///   signed       the range of the file's numbers mapped to [-1, 1]
///   standardize  (x - mean) / standard deviation, for each channel over the images that are left
///                for training; a constant channel is only shifted to 0
///   mean_image   x - mean, for each pixel over the images that are left for training
const std::vector<std::string>& normalization_names();

/// Reads a data set, takes the first `limit` training images, holds out `validation` of them at
/// random (chosen by the seed alone; both parts keep the order of the file), and normalizes. The
/// test part is always whole.
///
/// Throws ModelError, before any file is read, if the spec cannot be met: an unknown name, more
/// images than there are, no image left for training. Throws DataError if files are missing or
/// damaged, naming the file, the position and what was expected.
Splits load_splits(const DataSpec& spec, const DataPaths& paths = {});

namespace internal {

/// For "standardize", mean and standard deviation of each channel, the last axis of x; for a
/// constant channel 1 takes the place of the deviation. For "mean_image", the mean of each number
/// of an example, and 1.
Normalization measured_normalization(const Array& x, const std::string& normalize);

/// True if the normalization of this name depends on the training examples.
bool is_measured(const std::string& normalize);

/// Normalizes the numbers of x where they are.
void normalize(Array& x, const Normalization& normalization);

}  // namespace internal

}  // namespace autonet
