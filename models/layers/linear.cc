#include "models/layers/layers.h"
#include "ops/arithmetic.h"
#include "ops/matmul.h"
#include "ops/views.h"

namespace autonet {
namespace {

void plan(Layer& layer) {
  const Index inputs = layer.input().size();
  const Index units = layer.fields->whole("units");
  layer.output = Shape{units};
  layer.add_weight(std::vector<Index>{inputs, units}, inputs, units);
  layer.add_bias(units, inputs);
  layer.connections = inputs * units + layer.biases;
  layer.multiply_adds = static_cast<double>(inputs) * static_cast<double>(units);
}

Var record(const LayerCall& call) {
  const Var x = call.input().rank() > 2 ? flatten(call.input()) : call.input();
  const Var y = matmul(x, call.parameters[0]);
  return call.has_bias() ? add(y, call.parameters[1]) : y;
}

}  // namespace

LayerType linear_layer() {
  LayerType type;
  type.object = {"linear",
                 "Fully connected: flattens its input (rows, columns, channels) and gives "
                 "\"units\" numbers. Weights [inputs, units].",
                 {{"units", Key::Kind::whole, "the number of outputs", "", true, 1, 16777216},
                  activation_key(),
                  bias_key(),
                  init_key(),
                  bias_init_key()}};
  type.plan = plan;
  type.record = record;
  return type;
}

}  // namespace autonet
