#include "models/layers/layers.h"
#include "ops/arithmetic.h"
#include "ops/pad.h"

namespace autonet {
namespace {

constexpr size_t kMostInputs = 64;

void plan_elementwise(Layer& layer) {
  for (size_t i = 1; i < layer.input_shapes.size(); ++i) {
    if (layer.input_shapes[i] == layer.input()) continue;
    throw LayerMistake{"inputs", layer.type->object.name + " \"" + layer.name +
                                     "\" needs inputs of one shape, but " + layer.input_text(0) +
                                     " and " + layer.input_text(i)};
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
      throw LayerMistake{"inputs", "concat \"" + layer.name +
                                       "\" needs inputs that agree but for the last axis, but " +
                                       layer.input_text(0) + " and " + layer.input_text(i)};
    }
    channels += x[last];
  }
  std::vector<Index> lengths(first.lengths().begin(), first.lengths().end());
  lengths.back() = channels;
  layer.output = bounded_shape(lengths, kMaxOutput, "an output");
}

Var record_add(const LayerCall& call) {
  Var y = call.inputs[0];
  for (const Var& x : call.inputs.subspan(1)) y = add(y, x);
  return y;
}

Var record_mul(const LayerCall& call) {
  Var y = call.inputs[0];
  for (const Var& x : call.inputs.subspan(1)) y = mul(y, x);
  return y;
}

Var record_concat(const LayerCall& call) {
  return concat(call.inputs, call.input().rank() - 1);
}

LayerType join_layer(const std::string& name, const std::string& doc) {
  LayerType type;
  type.object = {name, doc, {activation_key()}};
  type.min_inputs = 2;
  type.max_inputs = kMostInputs;
  type.plan = plan_elementwise;
  return type;
}

}  // namespace

std::vector<LayerType> join_layers() {
  LayerType sum = join_layer("add", "The sum of its inputs, element by element.");
  sum.record = record_add;
  LayerType product = join_layer("mul", "The product of its inputs, element by element.");
  product.record = record_mul;
  LayerType joined = join_layer("concat", "Its inputs side by side along the last axis.");
  joined.plan = plan_concat;
  joined.record = record_concat;
  return {sum, product, joined};
}

}  // namespace autonet
