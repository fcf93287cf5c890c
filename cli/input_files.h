#pragma once

#include <memory>
#include <string>

#include "autonet/models/model.h"
#include "cli/input_meaning.h"

namespace autonet::cli {

/// How files become inputs of a model.
struct InputOptions {
  std::string array;        // the name of the array in a file of several; empty: it has one
  bool normalized = false;  // arrays hold what the network sees, not what the data's files hold
};

/// The inputs of a model in one file, read in batches.
class InputFile {
 public:
  virtual ~InputFile() = default;
  /// The next inputs, [k,…] for the model with 0 <= k <= most, as the files of the data have them;
  /// none at the end. Throws DataError naming the file and the place.
  virtual Array next(Index most) = 0;
  /// True if next() gives what the network sees, so that nothing is left to normalize.
  virtual bool normalized() const = 0;
};

/// Opens a file by the ending of its name: .npy, .npz, .safetensors, .csv (which may be packed as
/// .csv.gz), else a picture. Of .npy and .csv only the beginning is read. An array may be
/// one input or many, and an input may have its own shape, that without a last axis of length 1, or
/// all of its numbers along one axis: for images [h,w,c], [n,h,w,c], [n,h,w] if c is 1, or
/// [n,h·w·c].
///
/// Throws DataError, with both shapes, if the file does not hold inputs of the model.
std::unique_ptr<InputFile> open_inputs(const std::string& path, const Model& model,
                                       const InputMeaning& meaning, const InputOptions& options);

}  // namespace autonet::cli
