#pragma once

#include <span>
#include <string>
#include <vector>

#include "autonet/autograd/var.h"
#include "autonet/models/model.h"
#include "models/fields.h"

namespace autonet::internal {

struct LayerType;

/// A mistake that a layer's `plan` throws.
struct LayerMistake {
  std::string key;  // the key that is wrong; "" for the layer as a whole
  std::string text;
};

/// A layer of a model with its keys, inputs and sizes. Shapes are without the batch axis.
struct Layer {
  const LayerType* type = nullptr;
  std::string name;
  FieldsPtr fields;
  std::vector<Index> inputs;  // positions of earlier layers; -1 is the image
  std::vector<std::string> input_names;
  std::vector<Shape> input_shapes;

  // Set by the type's `plan`:
  Shape output;
  std::vector<Parameter> parameters;
  std::vector<State> states;
  Index connections = 0;
  Index weights = 0;
  Index biases = 0;
  double multiply_adds = 0.0;
  Index tokens = 0;  // its inputs are whole numbers from 0 below this; 0: real numbers

  const Shape& input() const { return input_shapes.at(0); }
  /// `"pool_1" gives [8,8,16]`, for error texts.
  std::string input_text(size_t i = 0) const;
  /// Adds the parameter NAME/ROLE. Throws LayerMistake if it has more than kMaxParameter numbers.
  void add_weight(std::span<const Index> lengths, Index fan_in, Index fan_out,
                  const char* role = "weight");
  /// Adds the parameter NAME/ROLE [length], unless the layer's "bias" is false.
  void add_bias(Index length, Index fan_in, const char* role = "bias");
};

/// What a layer has to record itself with.
struct LayerCall {
  const Layer& layer;
  std::span<const Var> inputs;
  std::span<const Var> parameters;  // of this layer, in the order of Layer::parameters
  std::span<const Var> states;
  Model::Mode mode;
  Var step;
  std::uint64_t seed;
  bool exact;                    // the model's "exact", see Conv2DOptions
  std::vector<Var>& new_states;  // in training, the layer appends one for each of its states

  Var input() const { return inputs[0]; }
  const Fields& fields() const { return *layer.fields; }
  /// y plus the layer's bias, if it has one.
  Var add_bias(Var y) const;
};

/// `own` and the keys of a layer with parameters: factors on their learning rate and decay.
std::vector<Key> with_factor_keys(std::vector<Key> own);

/// `own`, the factors and the keys of a layer with weights: "activation", and what add_weight and
/// add_bias read.
std::vector<Key> with_weight_keys(std::vector<Key> own);

/// "init", which add_weight reads.
Key init_key(const std::string& fallback);

/// The plan of a layer whose output has the shape of its input.
void keep_shape(Layer& layer);

/// A row of the layer table: everything that the library needs to know of one type of layer.
struct LayerType {
  ObjectType object;  // its name in model.json, its documentation and its own keys
  size_t min_inputs = 1;
  size_t max_inputs = 1;
  /// Sets the output's shape, the parameters, the states and the counts. Throws LayerMistake.
  void (*plan)(Layer& layer) = keep_shape;
  /// Records the layer on a tape, without its activation.
  Var (*record)(const LayerCall& call) = nullptr;
};

/// All types of layer, in the order of the documentation, each with the keys that all layers have.
std::span<const LayerType> layer_table();

/// The most numbers in one parameter.
constexpr double kMaxParameter = 2147483648.0;  // 2^31
/// The most numbers in one layer's output for one image.
constexpr double kMaxOutput = 268435456.0;  // 2^28

/// The shape with these lengths. Throws LayerMistake naming `what` if it has more than `most`
/// elements.
Shape bounded_shape(std::span<const Index> lengths, double most, const std::string& what);

}  // namespace autonet::internal
