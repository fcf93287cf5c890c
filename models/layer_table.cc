#include <vector>

#include "models/layers/layers.h"

namespace autonet {
namespace {

/// Adds the keys that every layer has before its own.
LayerType with_common_keys(LayerType type) {
  Key name{"name", Key::Kind::name,
           "what \"inputs\", errors and checkpoints call it; TYPE_1, TYPE_2, … if it is left out"};
  Key tag{"type", Key::Kind::text, "which layer it is"};
  tag.required = true;
  tag.choices = {type.object.name};
  Key inputs{"inputs", Key::Kind::names,
             "the earlier layers that it reads, or \"input\", the image; the layer before it if "
             "this is left out"};
  inputs.required = type.min_inputs > 1;
  if (inputs.required) inputs.doc = "the earlier layers that it joins; \"input\" is the image";
  const Key recompute{
      "recompute", Key::Kind::flag,
      "in training, compute the layer again for its gradients rather than keep its values: less "
      "memory, more time, the same numbers; a run of n such layers is cut into blocks of about the "
      "square root of n",
      "false"};
  std::vector<Key> keys = {name, tag, inputs, recompute};
  keys.insert(keys.end(), type.object.keys.begin(), type.object.keys.end());
  type.object.keys = std::move(keys);
  return type;
}

std::vector<LayerType> all_layers() {
  std::vector<LayerType> table = {conv2d_layer(), linear_layer()};
  const auto append = [&table](const std::vector<LayerType>& family) {
    table.insert(table.end(), family.begin(), family.end());
  };
  append(pool_layers());
  append(activation_layers());
  table.push_back(dropout_layer());
  append(normalization_layers());
  append(shape_layers());
  append(join_layers());
  for (LayerType& type : table) type = with_common_keys(type);
  return table;
}

}  // namespace

std::span<const LayerType> layer_table() {
  static const std::vector<LayerType> table = all_layers();
  return table;
}

}  // namespace autonet
