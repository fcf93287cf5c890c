// What the functions that make layers of nodes have to work with.
#include <algorithm>

#include "autonet/text/concat.h"
#include "exchange/import_layer.h"

namespace autonet::exchange {

bool ImportCall::is_view(size_t i) const {
  return has(i) && importer_.views_.contains(node().input[i]);
}

bool ImportCall::is_constant(size_t i) const {
  return has(i) && importer_.constants_.contains(node().input[i]);
}

const View& ImportCall::view(size_t i) const {
  const Tensor& given = tensor(i);
  const auto found = importer_.views_.find(node().input[i]);
  if (found == importer_.views_.end()) {
    unsupported("input ", i, " ", given.var.shape(), " is a constant, where a layer is needed");
  }
  return found->second;
}

Array ImportCall::constant(size_t i) const {
  const Tensor& given = tensor(i);
  if (!is_constant(i)) {
    unsupported("input ", i, " ", given.var.shape(), " is computed, where a weight is needed");
  }
  return given.known.has_data() ? given.known : given.var.value();
}

std::optional<double> ImportCall::single(size_t i) const {
  if (!is_constant(i) || shape(i).size() != 1) return std::nullopt;
  return constant(i).reshape(Shape{}).item();
}

const Shape& ImportCall::output_shape(size_t i) const {
  return importer_.values_.at(node().output.at(i)).var.shape();
}

const std::string& ImportCall::type_of(Index i) const {
  static const std::string kInput = "input";
  return i < 0 ? kInput : layer(i).type;
}

const Shape& ImportCall::output_of(Index i) const {
  return i < 0 ? importer_.input_ : layer(i).output;
}

std::optional<Shape> ImportCall::shape_if_laid_out(const View& view,
                                                   std::span<const int> order) const {
  if (view.axes.size() != order.size() + 1 || order.empty() || view.offset != 0) return {};
  std::vector<Index> lengths(order.size());
  for (size_t k = 0; k < order.size(); ++k)
    lengths[static_cast<size_t>(order[k])] = view.length(k + 1);
  const Shape shape(lengths);
  if (shape.size() != output_of(view.layer).size()) return {};
  const std::vector<Axis> wanted = axes_of(batch(), shape, order);
  for (size_t k = 0; k < wanted.size(); ++k) {
    if (canonical(view.axes[k]) != wanted[k]) return {};
  }
  return shape;
}

bool ImportCall::can_lay_out(const View& view, std::span<const int> order) const {
  return !type_of(view.layer).starts_with('@') && shape_if_laid_out(view, order).has_value();
}

Index ImportCall::laid_out(const View& view, std::span<const int> order) const {
  const std::optional<Shape> shape = shape_if_laid_out(view, order);
  if (!shape) {
    if (const auto other = reordered(view, order)) return laid_out(*other, order);
    unsupported("its input is a part of another layer's output, or arranged in an order for which ",
                "autonet has no layer");
  }
  if (output_of(view.layer) == *shape) return view.layer;
  const std::vector<Index> lengths(shape->lengths().begin(), shape->lengths().end());
  const auto [made, fresh] = importer_.reshaped_.try_emplace({view.layer, lengths}, 0);
  if (!fresh) return made->second;
  ImportedLayer layer{.type = shape->rank() == 1 ? "flatten" : "reshape",
                      .inputs = {view.layer},
                      .output = *shape,
                      .node = view.shaped};
  if (shape->rank() > 1) {
    std::vector<std::string> words;
    words.reserve(lengths.size());
    for (const Index length : lengths) words.push_back(json(length));
    layer.keys.emplace_back("shape", "[" + text::joined(words, ", ") + "]");
  }
  made->second = add(std::move(layer));
  return made->second;
}

Index ImportCall::image(size_t i) const {
  if (shape(i).rank() != 4) unsupported("autonet has it for images [N,C,H,W] only, got ", shape(i));
  return laid_out(view(i), channels_first_order(3));
}

bool ImportCall::is_read(size_t i) const {
  return wants(i) && importer_.uses_.contains(node().output[i]);
}

void ImportCall::give(View view, size_t output) const {
  const std::string& name = node().output.at(output);
  const auto uses = importer_.uses_.find(name);
  const Index readers = uses == importer_.uses_.end() ? 0 : uses->second;
  view.twice = view.sole && readers == 2;
  view.sole = view.sole && readers == 1;
  importer_.views_[name] = std::move(view);
}

void ImportCall::give(Index layer, std::span<const int> order) const {
  give(View{layer, 0, axes_of(batch(), output_of(layer), order)});
}

void ImportCall::give_elementwise(ImportedLayer layer) const {
  View y = view(0);
  layer.inputs = {y.layer};
  layer.output = output_of(y.layer);
  layer.only_reader = y.sole;
  if (type_of(y.layer) == "@pad") unsupported("it follows a padding");
  y.layer = add(std::move(layer));
  y.sole = true;
  give(std::move(y));
}

}  // namespace autonet::exchange
