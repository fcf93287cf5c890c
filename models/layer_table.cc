#include <vector>

#include "models/layers/families.h"

namespace autonet::internal {
namespace {

/// The layer with the keys that every layer has before its own.
LayerType with_common_keys(LayerType type) {
  const bool joins = type.min_inputs > 1;
  std::vector<Key> keys = {
      {.name = "name",
       .kind = Key::Kind::name,
       .doc = "the layer's name in \"inputs\", errors and checkpoints; by default its type and a "
              "number: conv2d_1, conv2d_2, …"},
      type_key("layer"),
      {.name = "inputs",
       .kind = Key::Kind::names,
       .doc = joins ? "the earlier layers that it joins; \"input\" is the image"
                    : "the earlier layer that it reads; \"input\" is the image; by default the "
                      "layer before it",
       .required = joins},
      flag_key("recompute",
               "in training, compute the layer a second time for its gradients instead of keeping "
               "its values: less memory, more time, the same numbers; a run of n such layers is "
               "cut into blocks of about sqrt(n)",
               "false")};
  keys.insert(keys.end(), type.object.keys.begin(), type.object.keys.end());
  type.object.keys = std::move(keys);
  return type;
}

std::vector<LayerType> all_layers() {
  std::vector<LayerType> table;
  const auto append = [&table](const std::vector<LayerType>& family) {
    for (const LayerType& type : family) table.push_back(with_common_keys(type));
  };
#define AUTONET_APPEND(name) append(name##_layers());
  AUTONET_LAYER_FAMILIES(AUTONET_APPEND)
#undef AUTONET_APPEND
  return table;
}

}  // namespace

std::span<const LayerType> layer_table() {
  static const std::vector<LayerType> kTable = all_layers();
  return kTable;
}

}  // namespace autonet::internal
