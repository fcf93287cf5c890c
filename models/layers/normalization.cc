#include "ops/normalization.h"

#include "models/layers/layers.h"
#include "ops/arithmetic.h"

namespace autonet {
namespace {

void plan(Layer& layer) {
  const Shape& x = layer.input();
  const Index channels = x[x.rank() - 1];
  layer.output = x;
  const Shape shape{channels};
  layer.parameters = {
      {layer.name + "/weight", shape, {Init::Type::constant, 1.0}, false, 1, 1},
      {layer.name + "/bias", shape, {Init::Type::constant, 0.0}, false, 1, 1},
  };
  layer.weights = channels;
  layer.biases = channels;
  layer.connections = 2 * x.size();
  layer.multiply_adds = static_cast<double>(x.size());
}

void plan_batch_norm(Layer& layer) {
  plan(layer);
  const Shape& shape = layer.parameters[0].shape;
  layer.states = {{layer.name + "/running_mean", shape, 0.0},
                  {layer.name + "/running_variance", shape, 1.0}};
}

/// (1 - momentum) · running + momentum · now
Var blend(Var running, Var now, double momentum) {
  return running * (1.0 - momentum) + now * momentum;
}

Var record_batch_norm(const LayerCall& call) {
  const Fields& fields = *call.layer.fields;
  const double epsilon = fields.number("epsilon");
  const Var x = call.input();
  const Var weight = call.parameters[0];
  const Var bias = call.parameters[1];
  if (call.mode == Model::Mode::evaluation) {
    return batch_norm(x, weight, bias, call.states[0], call.states[1], epsilon);
  }
  const BatchNorm result = batch_norm_training(x, weight, bias, epsilon);
  const double momentum = fields.number("momentum");
  // The batch's variance divides by its count; an estimate of the whole divides by one less.
  const auto count = static_cast<double>(x.shape().size() / weight.shape().size());
  const double unbiased = count > 1.0 ? count / (count - 1.0) : 1.0;
  call.new_states.push_back(blend(call.states[0], result.mean, momentum));
  call.new_states.push_back(blend(call.states[1], result.variance * unbiased, momentum));
  return result.y;
}

Var record_layer_norm(const LayerCall& call) {
  return layer_norm(call.input(), call.parameters[0], call.parameters[1],
                    call.layer.fields->number("epsilon"));
}

Key epsilon_key() {
  Key key{"epsilon", Key::Kind::number, "added to the variance", "1e-5"};
  key.high = 1e6;
  key.open = true;
  return key;
}

}  // namespace

std::vector<LayerType> normalization_layers() {
  LayerType batch;
  batch.object = {"batch_norm",
                  "Normalises each channel over the batch and the image, then scales and shifts; "
                  "in evaluation by running statistics.",
                  {epsilon_key(),
                   {"momentum", Key::Kind::number,
                    "how much of the running statistics each batch replaces", "0.1", false, 0, 1},
                   activation_key()}};
  batch.plan = plan_batch_norm;
  batch.record = record_batch_norm;

  LayerType layer;
  layer.object = {"layer_norm",
                  "Normalises each position over its channels, then scales and shifts.",
                  {epsilon_key(), activation_key()}};
  layer.plan = plan;
  layer.record = record_layer_norm;
  return {batch, layer};
}

}  // namespace autonet
