#include "models/layers/layers.h"
#include "ops/views.h"

namespace autonet {
namespace {

void plan_flatten(Layer& layer) {
  layer.output = Shape{layer.input().size()};
}

void plan_reshape(Layer& layer) {
  const auto& lengths = layer.fields->get<std::vector<Index>>("shape");
  constexpr size_t kMostAxes = 4;
  if (lengths.empty() || lengths.size() > kMostAxes) {
    throw LayerMistake{"shape", "must have 1 to 4 lengths, got " + std::to_string(lengths.size())};
  }
  try {
    layer.output = bounded_shape(lengths, kMaxOutput, "an output");
  } catch (LayerMistake& mistake) {
    mistake.key = "shape";
    throw;
  }
  if (layer.output.size() != layer.input().size()) {
    throw LayerMistake{"shape", layer.output.str() + " has " + std::to_string(layer.output.size()) +
                                    " numbers, but " + layer.input_text() + ", which has " +
                                    std::to_string(layer.input().size())};
  }
}

Var record_flatten(const LayerCall& call) {
  return flatten(call.input());
}

Var record_reshape(const LayerCall& call) {
  std::vector<Index> lengths = {call.input().shape()[0]};
  for (Index length : call.layer.output.lengths()) lengths.push_back(length);
  return reshape(call.input(), Shape(lengths));
}

}  // namespace

std::vector<LayerType> shape_layers() {
  LayerType flat;
  flat.object = {"flatten", "Joins all axes to one, in the order rows, columns, channels.", {}};
  flat.plan = plan_flatten;
  flat.record = record_flatten;

  LayerType other;
  other.object = {"reshape",
                  "The same numbers in the same order under another shape.",
                  {{"shape", Key::Kind::lengths, "the new lengths, without the batch", "", true, 1,
                    268435456}}};
  other.plan = plan_reshape;
  other.record = record_reshape;
  return {flat, other};
}

}  // namespace autonet
