#include "autonet/ops/matmul.h"
#include "autonet/ops/views.h"
#include "models/layers/families.h"

namespace autonet::internal {
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
  return call.add_bias(matmul(x, call.parameters[0]));
}

}  // namespace

std::vector<LayerType> linear_layers() {
  const Key units = whole_key("units", "the number of outputs", within(1, 16777216)).as_required();
  return {{.object = {.name = "linear",
                      .doc = "Fully connected: flattens its input in the order rows, columns, "
                             "channels and gives \"units\" numbers. Weights [inputs, units].",
                      .keys = with_weight_keys({units})},
           .plan = plan,
           .record = record}};
}

}  // namespace autonet::internal
