#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "autograd/var.h"
#include "models/fields.h"
#include "models/model.h"

namespace autonet {

struct LayerType;

/// A mistake that a layer's own `plan` finds: which key it is about ("" for the layer as a whole).
struct LayerMistake {
  std::string key;
  std::string text;
};

/// A layer of a model, read and sized. Shapes are without the batch axis.
struct Layer {
  const LayerType* type = nullptr;
  std::string name;
  FieldsPtr fields;
  std::vector<Index> inputs;  // positions of earlier layers; -1 is the image
  std::vector<std::string> input_names;
  std::vector<Shape> input_shapes;

  // What the type's `plan` says:
  Shape output;
  std::vector<Parameter> parameters;
  std::vector<State> states;
  Index connections = 0;
  Index weights = 0;
  Index biases = 0;
  double multiply_adds = 0.0;

  const Shape& input() const { return input_shapes.at(0); }
  /// `"pool_1" gives [8,8,16]`, for errors.
  std::string input_text(size_t i = 0) const;
  /// Adds parameter NAME/weight. Throws LayerMistake if it is larger than a model may be.
  void add_weight(std::span<const Index> lengths, Index fan_in, Index fan_out);
  /// Adds parameter NAME/bias [length], unless the layer's "bias" is false.
  void add_bias(Index length, Index fan_in);
};

/// Everything that recording one layer may use.
struct LayerCall {
  const Layer& layer;
  std::span<const Var> inputs;
  std::span<const Var> parameters;  // of this layer, in the order of Layer::parameters
  std::span<const Var> states;
  Model::Mode mode;
  Var step;
  std::uint64_t seed;
  bool exact;                    // the model's: see Conv2DOptions
  std::vector<Var>& new_states;  // training: one for each of the layer's states is appended

  Var input() const { return inputs[0]; }
  bool has_bias() const { return parameters.size() > 1; }
};

/// A row of the layer table: all that there is to say of one type of layer.
struct LayerType {
  ObjectType object;  // name, doc and keys
  size_t min_inputs = 1;
  size_t max_inputs = 1;
  /// Fills in the output's shape, parameters, states and counts. Throws LayerMistake.
  void (*plan)(Layer& layer) = nullptr;
  /// Records the layer on a tape, without its activation.
  Var (*record)(const LayerCall& call) = nullptr;
};

/// Every type of layer, in the order of the documentation: what the reader, the schema and the
/// suggestions read.
std::span<const LayerType> layer_table();

/// The largest layer there may be: numbers in one parameter, in one image's output.
constexpr double kMaxParameter = 2147483648.0;  // 2^31
constexpr double kMaxOutput = 268435456.0;      // 2^28

/// A shape of at most `most` elements, none of them missing; throws LayerMistake naming `what`.
Shape bounded_shape(std::span<const Index> lengths, double most, const std::string& what);

}  // namespace autonet
