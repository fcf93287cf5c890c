#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/array.h"
#include "autograd/tape.h"
#include "data/splits.h"
#include "models/init.h"
#include "models/settings.h"

namespace autonet {

/// A named array that training changes by the optimizer.
struct Parameter {
  std::string name;  // "conv_1/weight"
  Shape shape;
  Init init;
  bool decays = false;  // l2_decay acts on it: weights, not biases
  Index fan_in = 0;
  Index fan_out = 0;
};

/// A named array that training changes by itself: the running statistics of a batch_norm.
struct State {
  std::string name;  // "norm_1/running_mean"
  Shape shape;
  double initial = 0.0;
};

/// What `summary` says of one layer. Shapes are without the batch axis.
struct LayerInfo {
  std::string name;
  std::string type;
  std::vector<std::string> inputs;  // names of the layers it reads ("input" is the image)
  Shape output;
  Index channels = 0;     // length of the last axis of the output
  Index units = 0;        // elements of the output: one a neuron
  Index connections = 0;  // weights used per image, counted with repetition, biases included
  Index weights = 0;      // trained numbers without biases
  Index biases = 0;
  double multiply_adds = 0.0;  // forward, per image
};

/// What recording a model gives.
struct Recorded {
  Var output;                   // logits [N, classes] (or predictions, by the loss)
  std::vector<Var> new_states;  // training: the states after this batch, in the order of states()
};

/// A model.json, read and checked: a function of images with named parameters.
///
/// Immutable once made; reading checks everything that can be known without data (keys, types,
/// ranges, shapes) and throws ModelError with every mistake at once, a line each:
/// `FILE:LINE: POINTER: what is wrong, got …`. No array is allocated before that.
class Model {
 public:
  static Model load(const std::string& path);
  /// `file` is what errors call the text and what relative paths start from.
  static Model parse(std::string_view text, const std::string& file);

  const std::string& name() const;
  /// The file's text, byte for byte: what a checkpoint keeps.
  const std::string& text() const;
  const std::string& file() const;
  /// Its `dataset` is empty if the model names none (it has "input" and "classes" instead).
  const DataSpec& data() const;
  const TrainingSettings& training() const;
  /// The checkpoint's path, made relative to the model's file; empty if the model names none.
  std::string checkpoint_path() const;

  /// One image: [rows, columns, channels].
  const Shape& image_shape() const;
  Index classes() const;
  std::span<const Parameter> parameters() const;
  std::span<const State> states() const;
  std::span<const LayerInfo> layers() const;

  /// Starting numbers, one array a parameter, drawn from the training seed (or `seed`): the same
  /// for both dtypes up to rounding, and independent of the other parameters.
  std::vector<Array> initial_parameters(DType dtype, std::uint64_t seed) const;
  std::vector<Array> initial_states(DType dtype) const;

  enum class Mode { training, evaluation };
  /// Records the model on images x [N, rows, columns, channels]. `step` is a scalar that counts
  /// training steps (it keys dropout's masks; unused in evaluation), `seed` what dropout draws from
  /// (the training seed if there is none). Throws Error if the shapes are not the model's.
  Recorded record(Var x, std::span<const Var> parameters, std::span<const Var> states, Mode mode,
                  Var step, std::optional<std::uint64_t> seed = std::nullopt) const;
  /// The training loss of an output, a scalar (mean over the batch), for labels [N] as numbers.
  Var loss(Var output, Var labels) const;
  /// The name of the loss in tables: "cross-entropy" or "squared error".
  const std::string& loss_name() const;
  /// The key of the loss in JSON output and checkpoints: "cross_entropy" or "squared_error".
  const std::string& loss_key() const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace autonet
