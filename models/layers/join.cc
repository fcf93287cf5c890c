#include "autonet/ops/arithmetic.h"
#include "autonet/ops/pad.h"
#include "autonet/text/concat.h"
#include "models/layers/activation.h"
#include "models/layers/families.h"

namespace autonet::internal {
namespace {

[[noreturn]] void throw_disagreement(const Layer& layer, const char* what, size_t i) {
  throw LayerMistake{
      "inputs", text::concat(layer.type->object.name, " \"", layer.name, "\" needs inputs ", what,
                             ", but ", layer.input_text(0), " and ", layer.input_text(i))};
}

void plan_elementwise(Layer& layer) {
  for (size_t i = 1; i < layer.input_shapes.size(); ++i) {
    if (layer.input_shapes[i] == layer.input()) continue;
    throw_disagreement(layer, "of the same shape", i);
  }
  layer.output = layer.input();
}

void plan_concat(Layer& layer) {
  const Shape& first = layer.input();
  const int last = first.rank() - 1;
  Index channels = 0;
  for (size_t i = 0; i < layer.input_shapes.size(); ++i) {
    const Shape& x = layer.input_shapes[i];
    if (x.rank() != first.rank() || x.with(last, 1) != first.with(last, 1)) {
      throw_disagreement(layer, "whose shapes differ only in the last axis", i);
    }
    channels += x[last];
  }
  std::vector<Index> lengths(first.lengths().begin(), first.lengths().end());
  lengths.back() = channels;
  layer.output = bounded_shape(lengths, kMaxOutput, "an output");
}

/// operation(… operation(operation(x_0, x_1), x_2) …)
Var fold(const LayerCall& call, Var (*operation)(Var, Var)) {
  Var y = call.input();
  for (const Var& x : call.inputs.subspan(1)) y = operation(y, x);
  return y;
}

LayerType join_layer(const char* name, const char* doc, void (*plan)(Layer&),
                     Var (*record)(const LayerCall&)) {
  return {.object = {.name = name, .doc = doc, .keys = {activation_key()}},
          .min_inputs = 2,
          .max_inputs = 64,
          .plan = plan,
          .record = record};
}

}  // namespace

std::vector<LayerType> join_layers() {
  return {
      join_layer("add", "The sum of its inputs, element by element.", plan_elementwise,
                 [](const LayerCall& call) { return fold(call, add); }),
      join_layer("mul", "The product of its inputs, element by element.", plan_elementwise,
                 [](const LayerCall& call) { return fold(call, mul); }),
      join_layer(
          "concat", "Its inputs side by side along the last axis.", plan_concat,
          [](const LayerCall& call) { return concat(call.inputs, call.input().rank() - 1); }),
  };
}

}  // namespace autonet::internal
