#include <cmath>

#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/index.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "models/layers/families.h"

namespace autonet::internal {
namespace {

/// Throws LayerMistake unless the layer's input is a sequence [steps, features].
void require_sequence(const Layer& layer) {
  if (layer.input().rank() == 2) return;
  throw LayerMistake{
      "", text::concat(layer.type->object.name, " \"", layer.name,
                       "\" needs a sequence [steps, features], but ", layer.input_text())};
}

void plan_embedding(Layer& layer) {
  if (layer.inputs[0] >= 0 || layer.input().rank() != 1) {
    throw LayerMistake{"", text::concat("embedding \"", layer.name,
                                        "\" reads whole numbers, so its input must be the model's "
                                        "\"input\" [steps], but ",
                                        layer.input_text())};
  }
  layer.tokens = layer.fields->whole("tokens");
  const Index units = layer.fields->whole("units");
  layer.output =
      bounded_shape(std::vector<Index>{layer.input()[0], units}, kMaxOutput, "an output");
  layer.add_weight(std::vector<Index>{layer.tokens, units}, 1, units);
  layer.connections = layer.output.size();
}

void plan_position(Layer& layer) {
  require_sequence(layer);
  layer.output = layer.input();
  layer.add_weight(layer.input().lengths(), 1, 1);
  layer.connections = layer.output.size();
}

/// Parameters: weight [features, 4 units], recurrent_weight [units, 4 units], bias [4 units].
void plan_lstm(Layer& layer) {
  require_sequence(layer);
  const Index steps = layer.input()[0];
  const Index features = layer.input()[1];
  const Index units = layer.fields->whole("units");
  constexpr Index kMostSteps = 4096;  // each is recorded on its own
  if (steps > kMostSteps) {
    throw LayerMistake{
        "", text::concat("lstm takes at most ", kMostSteps, " steps, but ", layer.input_text())};
  }
  layer.output = layer.fields->flag("every_step") ? Shape{steps, units} : Shape{units};
  layer.add_weight(std::vector<Index>{features, 4 * units}, features, units);
  layer.add_weight(std::vector<Index>{units, 4 * units}, units, units, "recurrent_weight");
  layer.add_bias(4 * units, features + units);
  layer.connections = steps * layer.weights;
  layer.multiply_adds = static_cast<double>(steps) * static_cast<double>(layer.weights);
}

Var record_lstm(const LayerCall& call) {
  const Var x = call.input();
  const Var recurrent_weight = call.parameters[1];
  const Index batch = x.shape()[0];
  const Index steps = x.shape()[1];
  const Index units = recurrent_weight.shape()[0];
  const double forget_bias = call.fields().number("forget_bias");
  Var from_input = matmul(x, call.parameters[0]);  // of all steps at once
  if (call.parameters.size() > 2) from_input = from_input + call.parameters[2];
  Var hidden = filled(x.tape(), {{batch, units}, x.dtype()}, 0.0);
  Var cell = hidden;
  std::vector<Var> outputs;
  for (Index t = 0; t < steps; ++t) {
    const Var now = reshape(slice(from_input, 1, t, 1), {batch, 4 * units});
    const Var z = now + matmul(hidden, recurrent_weight);
    const auto part = [&](Index k) { return slice(z, 1, k * units, units); };
    const Var kept = sigmoid(part(1) + forget_bias) * cell;
    cell = kept + sigmoid(part(0)) * tanh(part(2));
    hidden = sigmoid(part(3)) * tanh(cell);
    outputs.push_back(hidden);
  }
  return call.fields().flag("every_step") ? stack(outputs, 1) : hidden;
}

/// Parameters: weight [C, 3 C], output_weight [C, C], bias [3 C], output_bias [C].
void plan_attention(Layer& layer) {
  require_sequence(layer);
  const Index steps = layer.input()[0];
  const Index channels = layer.input()[1];
  const Index heads = layer.fields->whole("heads");
  if (channels % heads != 0) {
    throw LayerMistake{"heads", text::concat(heads, " must divide the ", channels, " features; ",
                                             layer.input_text())};
  }
  bounded_shape(std::vector<Index>{heads, steps, steps}, kMaxOutput, "the scores");
  layer.output = layer.input();
  layer.add_weight(std::vector<Index>{channels, 3 * channels}, channels, channels);
  layer.add_weight(std::vector<Index>{channels, channels}, channels, channels, "output_weight");
  layer.add_bias(3 * channels, channels);
  layer.add_bias(channels, channels, "output_bias");
  layer.connections = steps * layer.weights;
  // The two weights, then queries with keys and scores with values.
  layer.multiply_adds = static_cast<double>(steps) * static_cast<double>(layer.weights) +
                        2.0 * static_cast<double>(steps * steps) * static_cast<double>(channels);
}

/// [T,T]: 0 where step i may attend to step j, a number that makes its weight 0 where j > i.
Array causal_mask(Index steps, DType dtype) {
  Array mask = Array::zeros({{steps, steps}, dtype});
  for (Index i = 0; i < steps; ++i) {
    for (Index j = i + 1; j < steps; ++j) mask.set({i, j}, -1e9);
  }
  return mask;
}

Var record_attention(const LayerCall& call) {
  const Var x = call.input();
  const Index batch = x.shape()[0];
  const Index steps = x.shape()[1];
  const Index channels = x.shape()[2];
  const Index heads = call.fields().whole("heads");
  const Index size = channels / heads;
  const bool biased = call.parameters.size() > 2;
  Var joined = matmul(x, call.parameters[0]);
  if (biased) joined = joined + call.parameters[2];
  const Var apart = permute(reshape(joined, {batch, steps, 3, heads, size}), {2, 0, 3, 1, 4});
  const auto part = [&](Index k) {
    return reshape(slice(apart, 0, k, 1), {batch, heads, steps, size});
  };
  Var scores =
      matmul(part(0), swap_axes(part(1), 2, 3)) * (1.0 / std::sqrt(static_cast<double>(size)));
  if (call.fields().flag("causal")) {
    scores = scores + x.tape().constant(causal_mask(steps, x.dtype()));
  }
  const Var mixed = permute(matmul(softmax(scores), part(2)), {0, 2, 1, 3});
  const Var y = matmul(reshape(mixed, {batch, steps, channels}), call.parameters[1]);
  return biased ? y + call.parameters[3] : y;
}

}  // namespace

std::vector<LayerType> sequence_layers() {
  const Key units = whole_key("units", "the number of outputs", within(1, 16777216)).as_required();
  return {
      {.object = {.name = "embedding",
                  .doc = "Reads the model's \"input\" [steps], whole numbers from 0 below "
                         "\"tokens\", and gives the row of its weights [tokens, units] that each "
                         "names: [steps, units].",
                  .keys = with_factor_keys(
                      {whole_key("tokens", "the number of rows", within(1, 16777216)).as_required(),
                       units, init_key("{\"normal\": 1}")})},
       .plan = plan_embedding,
       .record = [](const LayerCall& call) { return embedding(call.parameters[0], call.input()); }},
      {.object = {.name = "position_embedding",
                  .doc = "Adds a trained vector to each step of a sequence [steps, features], so "
                         "that attention can tell the steps apart. Weights [steps, features].",
                  .keys = with_factor_keys({init_key("{\"normal\": 0.1}")})},
       .plan = plan_position,
       .record = [](const LayerCall& call) { return call.input() + call.parameters[0]; }},
      {.object =
           {.name = "lstm",
            .doc = "Reads a sequence [steps, features] step by step: z = x weight + h "
                   "recurrent_weight + bias, cut into i, f, g, o of \"units\" numbers each; c = "
                   "sigmoid(f + forget_bias) c + sigmoid(i) tanh(g); h = sigmoid(o) tanh(c). Gives "
                   "the last h, [units]. Hochreiter, Schmidhuber 1997; Gers et al. 2000.",
            .keys = with_weight_keys(
                {units,
                 flag_key("every_step", "whether it gives h of every step, [steps, units]",
                          "false"),
                 number_key("forget_bias", "added to the forget gate: large values remember more",
                            within(-100, 100), "1")})},
       .plan = plan_lstm,
       .record = record_lstm},
      {.object = {.name = "attention",
                  .doc = "Self-attention of a sequence [steps, features], in \"heads\" parts of "
                         "the features: queries, keys and values q, k, v are x weight + bias cut "
                         "in three; each head gives softmax(q k^T / sqrt(size)) v, and all heads "
                         "together are multiplied by output_weight. Vaswani et al., "
                         "arXiv:1706.03762.",
                  .keys = with_weight_keys(
                      {whole_key("heads", "parts of the features", within(1, 65536), "1"),
                       flag_key("causal", "whether a step sees only itself and earlier steps",
                                "false")})},
       .plan = plan_attention,
       .record = record_attention}};
}

}  // namespace autonet::internal
