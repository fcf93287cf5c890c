#include "autonet/ops/dropout.h"

#include "autonet/autograd/random.h"
#include "models/layers/families.h"

namespace autonet::internal {
namespace {

Var record(const LayerCall& call) {
  const double rate = call.fields().number("rate");
  if (call.mode == Model::Mode::evaluation || rate == 0.0) return call.input();
  const std::uint64_t stream = stream_of((call.layer.name + "/dropout").c_str());
  return dropout(call.input(), call.step, rate, call.seed, stream);
}

}  // namespace

std::vector<LayerType> dropout_layers() {
  return {
      {.object = {.name = "dropout",
                  .doc = "In training, sets a random part of its input to 0 and scales the rest "
                         "so that the mean stays the same; in evaluation, does nothing.",
                  .keys = {number_key("rate", "the fraction that is set to 0", within(0, 0.99),
                                      "0.5")}},
       .record = record}};
}

}  // namespace autonet::internal
