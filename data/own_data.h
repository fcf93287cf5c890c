#pragma once

#include <string>
#include <vector>

#include "autonet/data/splits.h"

namespace autonet::internal {

/// Examples of one's own, with the numbers of their files.
struct OwnData {
  Examples train = {};
  Examples test = {};                         // without examples if there are none
  Index classes = 0;                          // the number of classes; 0 in regression
  std::vector<std::string> class_names = {};  // empty if the files have only the classes' numbers
};

/// What the model already says about its data.
struct Wanted {
  Index outputs = 0;                          // in regression the number of targets; 0 with classes
  std::vector<std::string> class_names = {};  // the names in their order; empty: those of the files
  Index features = 0;  // the number of features of a vector; 0: as the files have
};

/// Reads the files or the folder that `spec` names, of any kind but OwnKind::arrays; their paths
/// start from `folder`. An .npy of f4 or u1 in row-major order stays in its file, unless its
/// numbers are to be standardized. Labels that are texts become numbers: their place in
/// wanted.class_names or, if that is empty, among the different labels of the training file in
/// sorted order (as numbers, if all of them are whole numbers).
///
/// Throws DataError naming file and place.
OwnData read_own_data(const DataSpec& spec, const std::string& folder, const Wanted& wanted);

/// The path of `name`, which starts from `folder`.
std::string path_from(const std::string& folder, const std::string& name);

/// True if the data are images of bytes.
bool has_bytes(const DataSpec& spec);

/// How the numbers of images of bytes with so many channels become those that a model sees; nothing
/// if that depends on the images. Other numbers are left as they are. Throws ModelError if
/// `normalize` needs to know a range of the numbers and there is none.
std::optional<Normalization> own_normalization(const std::string& normalize, bool bytes,
                                               Index channels);

/// The number of classes that labels 0, 1, … need: one more than the largest. Throws DataError
/// naming `path` and the place if a label is not a whole number from 0.
Index count_classes(const Array& labels, const std::string& path);

}  // namespace autonet::internal
