#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/models/model.h"

namespace autonet {

/// What to_c_source() writes.
struct CSourceOptions {
  /// The training step too: the forward pass, the loss, the backward pass and the optimizer's
  /// update.
  bool train = false;
  /// The number of examples of a training step.
  Index batch = 1;
  /// Weights and activations in 8 bits, for prediction only. Needs `calibration`.
  bool int8 = false;
  /// With int8: inputs [n,…] as the model sees them, from which the ranges of the activations are
  /// taken.
  Array calibration = {};
};

/// A file that to_c_source() makes.
struct CSourceFile {
  std::string name;  ///< "convnet1.c"
  std::string text;  ///< ASCII
};

/// A model as C source.
struct CSource {
  std::vector<CSourceFile>
      files;                     ///< the header, the code, and the weights, which the code includes
  std::string name;              ///< what the names of the C functions begin with
  std::size_t memory_bytes = 0;  ///< of memory that the code writes to, all of it static
  std::size_t constant_bytes = 0;  ///< of constant arrays
};

/// The model as C99 source that needs no library but, where a function of it is called, <math.h>.
/// It allocates nothing and calls nothing recursively. Each call of an op that the model records is
/// a call of a C function, and so is each call that the rules record for the backward pass.
///
/// Throws ModelError naming all parts of the model that cannot be written so far, and Error if the
/// weights do not fit the model or are not finite, or the options contradict each other.
CSource to_c_source(const Model& model, const Weights& weights, const CSourceOptions& options = {});

}  // namespace autonet
