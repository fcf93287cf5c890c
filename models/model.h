#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/tape.h"
#include "autonet/data/splits.h"
#include "autonet/models/init.h"
#include "autonet/models/settings.h"

namespace autonet {
namespace internal {
struct ModelParts;
}

/// A named array that the optimizer changes.
struct Parameter {
  std::string name;     ///< Layer and role: "conv_1/weight".
  Shape shape;          ///< Convolution weights [R,S,C/groups,K], linear weights [inputs, units].
  Init init;            ///< How it starts.
  bool decays = false;  ///< True if l2_decay and weight_decay act on it: on weights, not on biases.
  Index fan_in = 1;     ///< The number of inputs that one output sums.
  Index fan_out = 1;    ///< The number of outputs that one input feeds.
  double learning_rate_factor = 1.0;  ///< Multiplies the learning rate; 0: it is not trained.
  double decay_factor = 1.0;          ///< Multiplies l2_decay and weight_decay, where it decays.
};

/// A named array that the forward pass changes in training: the running statistics of a batch_norm.
struct State {
  std::string name;      ///< Layer and role: "norm_1/running_mean".
  Shape shape;           ///< [channels].
  double initial = 0.0;  ///< Its value at the start, everywhere.
};

/// The numbers of a model, in its order.
struct Weights {
  std::vector<Array> parameters;  ///< One for each of Model::parameters().
  std::vector<Array> states;      ///< One for each of Model::states().
};

/// The sizes of one layer. Shapes are without the batch axis.
struct LayerInfo {
  std::string name;                 ///< From model.json, or made from its type: "conv2d_1".
  std::string type;                 ///< "conv2d".
  std::vector<std::string> inputs;  ///< The layers that it reads, "input" for the image.
  Shape output;                     ///< The shape of its output for one image.
  Index channels = 0;               ///< The length of the last axis of the output.
  Index units = 0;                  ///< The number of elements of the output.
  Index connections = 0;  ///< Inputs that its outputs read for one image, without biases: each use
                          ///< of a weight counts, and each number in each window of a pooling.
  Index weights = 0;      ///< The number of trained numbers that are not biases.
  Index biases = 0;       ///< The number of biases.
  double multiply_adds = 0.0;  ///< Multiplications with additions in a forward pass of one image.
};

/// What Model::record() returns.
struct Recorded {
  Var output;  ///< [N, outputs]: logits for softmax_cross_entropy, else predictions.
  /// In training, the states after this batch, in the order of Model::states(); else empty.
  std::vector<Var> new_states;
  /// The output of each layer, in the order of Model::layers().
  std::vector<Var> layers;
};

/// A model.json, read and checked: a function of images or other inputs with named parameters.
///
/// A Model is immutable and cheap to copy: copies share what was read, several threads may use
/// them, and moving one copies it. Reading checks everything that can be checked without data
/// (keys, types, ranges, shapes) before any array is allocated, and throws ModelError with all
/// mistakes at once, a line each: `FILE:LINE: POINTER: what is wrong, got …`.
class Model {
 public:
  Model(const Model&) = default;
  Model& operator=(const Model&) = default;
  ~Model() = default;

  /// Reads a file. Throws ModelError if it cannot be read or is wrong. `settings` change values of
  /// the file before it is checked, each written PATH=VALUE:
  /// "training.optimizer.learning_rate=0.1", "layers.conv_1.channels=32". The steps of a path are
  /// keys, and in a list a number from 0 or a layer's name; a path that begins with "/" has "/"
  /// between its steps. VALUE is JSON, or else taken as a text.
  static Model load(const std::string& path, const std::vector<std::string>& settings = {});
  /// Reads a text. `file` is its name in errors, and relative paths in the model start from the
  /// folder of `file`.
  static Model parse(std::string_view text, const std::string& file,
                     const std::vector<std::string>& settings = {});

  /// The model's name in reports: "name", or the file's name without its ending.
  const std::string& name() const;
  /// The text of the file, byte for byte, which checkpoints keep; with settings, the changed model
  /// as JSON.
  const std::string& text() const;
  /// The path of the file, as given to load() or parse().
  const std::string& file() const;
  /// The settings that were given to load() or parse().
  const std::vector<std::string>& settings() const;
  /// The data set. Its `dataset` and `file` are empty if the model has no "data".
  const DataSpec& data() const;
  /// "training", with the defaults of all keys that are absent.
  const TrainingSettings& training() const;
  /// The path of the checkpoint, starting from the folder of the model's file; empty if the model
  /// names none.
  std::string checkpoint_path() const;

  /// The shape of one input: [rows, columns, channels] of an image, [features] of a vector.
  const Shape& input_shape() const;
  /// The shape of n inputs: [n, rows, columns, channels], [n, features].
  Shape batch_shape(Index n) const;
  /// Inputs are whole numbers from 0 below this, for an embedding; 0: they are real numbers.
  Index tokens() const;
  /// The number of classes; 0 if the model predicts real numbers (regression).
  Index classes() const;
  /// The names of the classes, in the order of their numbers: those of the data set, or those that
  /// "classes" lists; empty if neither names them.
  const std::vector<std::string>& class_names() const;
  /// The number of outputs for one input: one for each class, or the numbers that are predicted.
  Index outputs() const;
  /// All parameters, in the order of the layers.
  std::span<const Parameter> parameters() const;
  /// All states, in the order of the layers.
  std::span<const State> states() const;
  /// The layers, in the order of the file.
  std::span<const LayerInfo> layers() const;

  /// The initial values. Each parameter is drawn from `seed`; it depends on the seed, its name and
  /// its shape alone, and on the dtype only by rounding.
  Weights initial_weights(DType dtype, std::uint64_t seed) const;

  /// What the model is recorded for.
  enum class Mode {
    training,    ///< Dropout is active, and batch_norm uses the batch's statistics.
    evaluation,  ///< Dropout does nothing, and batch_norm uses the running statistics.
  };
  /// Records the model on inputs x, batch_shape(N). The scalar `step` counts the training steps;
  /// dropout's masks depend on it and on `seed` (the training seed if there is
  /// none). Throws Error if the shapes are not those of the model.
  Recorded record(Var x, std::span<const Var> parameters, std::span<const Var> states, Mode mode,
                  Var step, std::optional<std::uint64_t> seed = std::nullopt) const;
  /// Records the loss, a scalar: the mean over the batch, for an output [N, outputs] and targets:
  /// labels [N], the classes' numbers, or each class's share of the target [N, outputs]; in
  /// regression numbers [N, outputs].
  Var loss(Var output, Var targets) const;
  /// Records what an output [N, outputs] says: the classes' probabilities if the loss is
  /// softmax_cross_entropy, else the output itself.
  Var predictions(Var output) const;
  /// The name of the loss in tables: "cross-entropy", "squared error" or "Huber loss".
  const std::string& loss_name() const;
  /// The key of the loss in JSON output and checkpoints: "cross_entropy", "squared_error" or
  /// "huber".
  const std::string& loss_key() const;

 private:
  Model() = default;

  std::shared_ptr<const internal::ModelParts> parts_;
};

}  // namespace autonet
