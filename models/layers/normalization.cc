#include "autonet/ops/normalization.h"

#include "autonet/ops/arithmetic.h"
#include "autonet/text/concat.h"
#include "models/layers/activation.h"
#include "models/layers/families.h"

namespace autonet::internal {
namespace {

void plan(Layer& layer) {
  const Shape& x = layer.input();
  const Index channels = x[x.rank() - 1];
  layer.output = x;
  const Shape shape{channels};
  layer.parameters = {
      {.name = layer.name + "/weight", .shape = shape, .init = {.scale = 1.0}},
      {.name = layer.name + "/bias", .shape = shape, .init = {.scale = 0.0}},
  };
  layer.weights = channels;
  layer.biases = channels;
  layer.connections = x.size();
  layer.multiply_adds = static_cast<double>(x.size());
}

void plan_batch_norm(Layer& layer) {
  plan(layer);
  const Shape& shape = layer.parameters[0].shape;
  layer.states = {{.name = layer.name + "/running_mean", .shape = shape, .initial = 0.0},
                  {.name = layer.name + "/running_variance", .shape = shape, .initial = 1.0}};
}

/// (1 - momentum) · running + momentum · now
Var blend(Var running, Var now, double momentum) {
  return running * (1.0 - momentum) + now * momentum;
}

Var record_batch_norm(const LayerCall& call) {
  const Fields& fields = call.fields();
  const double epsilon = fields.number("epsilon");
  const Var x = call.input();
  const Var weight = call.parameters[0];
  const Var bias = call.parameters[1];
  if (call.mode == Model::Mode::evaluation) {
    return batch_norm(x, weight, bias, call.states[0], call.states[1], epsilon);
  }
  const BatchNorm result = batch_norm_training(x, weight, bias, epsilon);
  const double momentum = fields.number("momentum");
  // The variance that normalises the batch divides by the count n. The running variance estimates
  // that of all images, and divides by n - 1.
  const auto count =
      static_cast<double>(x.shape().size()) / static_cast<double>(weight.shape().size());
  const double unbiased = count > 1.0 ? count / (count - 1.0) : 1.0;
  call.new_states.push_back(blend(call.states[0], result.mean, momentum));
  call.new_states.push_back(blend(call.states[1], result.variance * unbiased, momentum));
  return result.y;
}

Var record_layer_norm(const LayerCall& call) {
  return layer_norm(call.input(), call.parameters[0], call.parameters[1],
                    call.fields().number("epsilon"));
}

void plan_group_norm(Layer& layer) {
  const Index channels = layer.input()[layer.input().rank() - 1];
  const Index groups = layer.fields->whole("groups");
  if (channels % groups != 0) {
    throw LayerMistake{"groups", text::concat(groups, " must divide the ", channels, " channels; ",
                                              layer.input_text())};
  }
  plan(layer);
}

Var record_group_norm(const LayerCall& call) {
  return group_norm(call.input(), call.fields().whole("groups"), call.parameters[0],
                    call.parameters[1], call.fields().number("epsilon"));
}

Key epsilon_key() {
  return number_key("epsilon", "added to the variance", strictly_within(0, 1e6), "1e-5");
}

}  // namespace

std::vector<LayerType> normalization_layers() {
  return {
      {.object = {.name = "batch_norm",
                  .doc = "Normalises each channel over the batch and the image, then scales and "
                         "shifts it. In evaluation, running statistics take the place of the "
                         "batch's.",
                  .keys = with_factor_keys(
                      {epsilon_key(),
                       number_key("momentum",
                                  "the fraction of the running statistics that each batch "
                                  "replaces",
                                  within(0, 1), "0.1"),
                       activation_key()})},
       .plan = plan_batch_norm,
       .record = record_batch_norm},
      {.object = {.name = "layer_norm",
                  .doc = "Normalises each position over its channels, then scales and shifts "
                         "it.",
                  .keys = with_factor_keys({epsilon_key(), activation_key()})},
       .plan = plan,
       .record = record_layer_norm},
      {.object = {.name = "group_norm",
                  .doc = "Normalises each image over groups of channels, then scales and shifts "
                         "it. Wu, He, arXiv:1803.08494.",
                  .keys = with_factor_keys(
                      {whole_key("groups", "the number of groups, which divides the channels",
                                 within(1, 65536))
                           .as_required(),
                       epsilon_key(), activation_key()})},
       .plan = plan_group_norm,
       .record = record_group_norm}};
}

}  // namespace autonet::internal
