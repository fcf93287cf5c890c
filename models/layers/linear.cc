#include "autonet/ops/matmul.h"
#include "autonet/ops/views.h"
#include "models/layers/families.h"

namespace autonet::internal {
namespace {

void plan(Layer& layer) {
  const Shape& x = layer.input();
  const bool each = layer.fields->flag("each_position");
  const Index inputs = each ? x[x.rank() - 1] : x.size();
  const Index units = layer.fields->whole("units");
  layer.output = each ? x.with(x.rank() - 1, units) : Shape{units};
  layer.add_weight(std::vector<Index>{inputs, units}, inputs, units);
  layer.add_bias(units, inputs);
  const Index positions = layer.output.size() / units;
  layer.connections = positions * inputs * units;
  layer.multiply_adds = static_cast<double>(positions) * static_cast<double>(inputs * units);
}

Var record(const LayerCall& call) {
  const bool joined = call.input().rank() > 2 && !call.fields().flag("each_position");
  const Var x = joined ? flatten(call.input()) : call.input();
  return call.add_bias(matmul(x, call.parameters[0]));
}

}  // namespace

std::vector<LayerType> linear_layers() {
  const Key units = whole_key("units", "the number of outputs", within(1, 16777216)).as_required();
  return {{.object = {.name = "linear",
                      .doc = "Fully connected: flattens its input in the order rows, columns, "
                             "channels and gives \"units\" numbers. Weights [inputs, units].",
                      .keys = with_weight_keys(
                          {units, flag_key("each_position",
                                           "whether each position, such as a step of a sequence, "
                                           "is transformed on its own by the same weights "
                                           "[channels, units]",
                                           "false")})},
           .plan = plan,
           .record = record}};
}

}  // namespace autonet::internal
