#pragma once

#include <string>
#include <utility>
#include <vector>

#include "autonet/autograd/array.h"

namespace autonet {

/// An array of a checkpoint.
struct NamedArray {
  std::string name;  ///< "conv_1/weight"
  Array array;       ///< f32 or f64
};

/// The content of a checkpoint: named arrays and some text.
struct ArrayFile {
  std::vector<NamedArray> arrays;  ///< in the order of the file
  /// Text by key: "model" (the model.json), "run" (JSON: epoch, step, seed and so on).
  std::vector<std::pair<std::string, std::string>> texts;
  /// Of a file that was read: its numbers and texts agree with a checksum in it. False for a
  /// .safetensors file of another program, which has none.
  bool checked = true;
};

/// Throws ModelError unless the path ends in .npz or .safetensors, so that a wrong name is refused
/// before any work is done.
void check_checkpoint_name(const std::string& path);

/// Writes .npz (readable by numpy.load) or .safetensors, by the path's ending, so that a kill at
/// any moment leaves the old file or the new one. The same content gives the same bytes. Throws
/// DataError with the system's reason, ModelError on another ending.
void save_arrays(const std::string& path, const ArrayFile& content);

/// Reads a file written by save_arrays, NumPy or safetensors. Throws DataError naming the file, the
/// position and what was expected there. Allocates no more than the file can hold.
ArrayFile load_arrays(const std::string& path);

}  // namespace autonet
