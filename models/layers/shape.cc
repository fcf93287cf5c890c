#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "models/layers/families.h"

namespace autonet::internal {
namespace {

void plan_reshape(Layer& layer) {
  const auto& lengths = layer.fields->get<std::vector<Index>>("shape");
  constexpr size_t kMostAxes = 4;
  if (lengths.empty() || lengths.size() > kMostAxes) {
    throw LayerMistake{"shape", text::concat("must have 1 to 4 lengths, got ", lengths.size())};
  }
  try {
    layer.output = bounded_shape(lengths, kMaxOutput, "an output");
  } catch (LayerMistake& mistake) {
    mistake.key = "shape";
    throw;
  }
  if (layer.output.size() != layer.input().size()) {
    throw LayerMistake{"shape",
                       text::concat(layer.output, " has ", layer.output.size(), " numbers, but ",
                                    layer.input_text(), ", which has ", layer.input().size())};
  }
}

Var record_reshape(const LayerCall& call) {
  std::vector<Index> lengths = {call.input().shape()[0]};
  for (Index length : call.layer.output.lengths()) lengths.push_back(length);
  return reshape(call.input(), Shape(lengths));
}

}  // namespace

std::vector<LayerType> shape_layers() {
  return {{.object = {.name = "flatten",
                      .doc = "Joins all axes into one, in the order rows, columns, channels.",
                      .keys = {}},
           .plan = [](Layer& layer) { layer.output = Shape{layer.input().size()}; },
           .record = [](const LayerCall& call) { return flatten(call.input()); }},
          {.object = {.name = "reshape",
                      .doc = "The same numbers in the same order, with another shape.",
                      .keys = {{.name = "shape",
                                .kind = Key::Kind::lengths,
                                .doc = "the new lengths, without the batch axis",
                                .required = true,
                                .range = within(1, 268435456)}}},
           .plan = plan_reshape,
           .record = record_reshape}};
}

}  // namespace autonet::internal
