#include "ops/dropout.h"

#include "autograd/random.h"
#include "models/layers/layers.h"

namespace autonet {
namespace {

void plan(Layer& layer) {
  layer.output = layer.input();
}

Var record(const LayerCall& call) {
  const double rate = call.layer.fields->number("rate");
  if (call.mode == Model::Mode::evaluation || rate == 0.0) return call.input();
  const std::uint64_t stream = stream_of((call.layer.name + "/dropout").c_str());
  return dropout(call.input(), call.step, rate, call.seed, stream);
}

}  // namespace

LayerType dropout_layer() {
  LayerType type;
  type.object = {
      "dropout",
      "In training, sets a random part of its input to 0 and scales the rest so that "
      "the mean stays; in evaluation does nothing.",
      {{"rate", Key::Kind::number, "the share that is set to 0", "0.5", false, 0, 0.99}}};
  type.plan = plan;
  type.record = record;
  return type;
}

}  // namespace autonet
