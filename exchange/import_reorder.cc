// Vectors that become images: the weights before them are reordered.
#include <algorithm>

#include "exchange/import_layer.h"

namespace autonet::exchange {
namespace {

/// The numbers of the last axis in another order: number k is what number from[k] was.
void reorder_last(Array& array, const std::vector<Index>& from) {
  const Array before = array.clone();
  const int axis = array.rank() - 1;
  for (size_t k = 0; k < from.size(); ++k)
    array.slice(axis, static_cast<Index>(k), 1).copy_from(before.slice(axis, from[k], 1));
}

bool is_elementwise(const std::string& name) {
  constexpr std::string_view kNames[] = {"",     "relu",    "leaky_relu", "elu",    "gelu",
                                         "tanh", "sigmoid", "softplus",   "dropout"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

}  // namespace

std::optional<View> ImportCall::reordered(const View& view, std::span<const int> order) const {
  const Shape& output = output_of(view.layer);
  const Index count = output.size();
  const bool vector = view.layer >= 0 && output.rank() == 1 && view.sole && view.offset == 0 &&
                      view.axes.size() == order.size() + 1 && view.size() == batch() * count &&
                      canonical(view.axes[0]) == canonical({{batch(), count}});
  if (!vector) return {};
  // Back over functions of each number to the layer with the weights.
  std::vector<Index> changed;
  for (Index i = view.layer;;) {
    if (i < 0) return {};
    const ImportedLayer& passed = layer(i);
    changed.push_back(i);
    if (!is_elementwise(passed.activation)) return {};
    if (passed.type == "linear") break;
    const bool passes = is_elementwise(passed.type) || passed.type == "batch_norm";
    if (!passes || !passed.only_reader) return {};
    i = passed.inputs[0];
  }
  std::vector<Index> lengths(order.size());
  for (size_t k = 0; k < order.size(); ++k)
    lengths[static_cast<size_t>(order[k])] = view.length(k + 1);
  View result = view;
  result.axes = axes_of(batch(), Shape(lengths), order);
  const std::vector<Index> before = positions_of(joined(std::span(view.axes).subspan(1)));
  const std::vector<Index> after = positions_of(joined(std::span(result.axes).subspan(1)));
  std::vector<Index> from(before.size());
  for (size_t j = 0; j < before.size(); ++j) from[static_cast<size_t>(after[j])] = before[j];
  for (const Index i : changed) {
    for (Array& array : layer(i).parameters) reorder_last(array, from);
    for (Array& array : layer(i).states) reorder_last(array, from);
  }
  return result;
}

}  // namespace autonet::exchange
