#pragma once

#include <string>
#include <utility>
#include <vector>

#include "autograd/array.h"

namespace autonet {

struct NamedArray {
  std::string name;  // "conv_1/weight"
  Array array;       // f32 or f64
};

/// Named arrays and a little text (the model, the state of a run), as one file.
struct ArrayFile {
  std::vector<NamedArray> arrays;
  /// Text by key: "model" (the model.json), "run" (JSON: epoch, step, seed …).
  std::vector<std::pair<std::string, std::string>> texts;
};

/// Throws ModelError unless the path ends in .npz or .safetensors: asked before any work is done.
void check_checkpoint_name(const std::string& path);

/// Writes .npz (readable by numpy.load) or .safetensors, by the path's ending, so that a kill at
/// any moment leaves the old file or the new one. The same content gives the same bytes. Throws
/// DataError with the system's reason, ModelError on another ending.
void save_arrays(const std::string& path, const ArrayFile& content);

/// Reads what save_arrays, NumPy or safetensors wrote. Throws DataError naming file, position and
/// expectation; nothing is allocated from a size that the file cannot hold.
ArrayFile load_arrays(const std::string& path);

}  // namespace autonet
