// Nodes that only arrange the numbers of a value in another way, or take a part of them.
#include <algorithm>

#include "exchange/import_layer.h"

namespace autonet::exchange {
namespace {

void same(const ImportCall& c) {
  for (const char* name : {"to", "saturate", "round_mode"}) c.ignore(name);
  c.give(c.view(0));
}

void reshape(const ImportCall& c) {
  for (const char* name : {"axis", "axes", "shape", "allowzero"}) c.ignore(name);
  View y = c.view(0);
  const Shape& shape = c.output_shape();
  auto axes = regrouped(y.axes, shape.lengths());
  if (!axes) {
    c.unsupported("it cuts the axes of a transposed value in a way for which autonet has no layer");
  }
  y.axes = std::move(*axes);
  y.shaped = &c.node();
  c.give(std::move(y));
}

void transpose(const ImportCall& c) {
  View y = c.view(0);
  const View& x = c.view(0);
  const size_t rank = x.axes.size();
  std::vector<Index> order = c.wholes("perm").value_or(std::vector<Index>{});
  if (order.empty()) {
    for (size_t i = rank; i-- > 0;) order.push_back(static_cast<Index>(i));
  }
  for (size_t i = 0; i < rank; ++i) y.axes[i] = x.axes.at(static_cast<size_t>(order.at(i)));
  c.give(std::move(y));
}

/// `length` positions of an axis, from `start`.
void cut(const ImportCall& c, View& y, size_t along, Index start, Index length) {
  Axis axis = canonical(y.axes.at(along));
  if (axis.empty()) return;
  const Index rest = y.length(along) / axis[0].length;  // of the faster factors
  if (start % rest != 0 || length % rest != 0) {
    c.unsupported("it cuts a transposed axis in a way for which autonet has no layer");
  }
  y.offset += start / rest * axis[0].stride;
  axis[0].length = length / rest;
  y.axes[along] = canonical(axis);
}

size_t axis_at(const ImportCall& c, Index axis) {
  const auto rank = std::ssize(c.view(0).axes);
  if (axis < -rank || axis >= rank) c.wrong("axis ", axis, " of ", c.shape(0));
  return static_cast<size_t>(axis < 0 ? axis + rank : axis);
}

/// The last step of an lstm that gives every step is an lstm that gives the last one.
bool is_last_step(const ImportCall& c, const View& y) {
  if (c.type_of(y.layer) != "lstm" || !y.sole) return false;
  const Shape& steps = c.output_of(y.layer);
  return steps.rank() == 2 && y.offset == (steps[0] - 1) * steps[1] &&
         canonical(joined(y.axes)) == canonical({{c.batch(), steps.size()}, {steps[1], 1}});
}

void give_part(const ImportCall& c, View y) {
  if (is_last_step(c, y)) {
    ImportedLayer& lstm = c.layer(y.layer);
    lstm.output = Shape{lstm.output[1]};
    std::erase_if(lstm.keys, [](const auto& key) { return key.first == "every_step"; });
    y.offset = 0;
    const std::vector<Axis> axes = axes_of(c.batch(), lstm.output, plain_order(1));
    y.axes = *regrouped(axes, c.output_shape().lengths());
  }
  c.give(std::move(y));
}

/// One row of a table for each whole number of the model's input: an embedding.
void embed(const ImportCall& c) {
  const Array w = c.constant(0);
  const View& x = c.view(1);
  const bool input = x.layer < 0 && x.axes.size() == 2 && c.can_lay_out(x, plain_order(1));
  if (!input || w.rank() != 2 || c.whole("axis", 0) != 0)
    c.unsupported("autonet has an embedding of the model's input [N,steps] only");
  ImportedLayer layer{.type = "embedding", .inputs = {-1}, .output = {x.length(1), w.shape()[1]}};
  layer.keys = {{"tokens", json(w.shape()[0])}, {"units", json(w.shape()[1])}};
  layer.parameters = {w.clone()};
  c.give(c.add(std::move(layer)), plain_order(2));
}

void gather(const ImportCall& c) {
  if (!c.is_view(0)) return embed(c);
  const std::optional<double> index = c.single(1);
  if (!index) c.unsupported("autonet takes no list of positions");
  View y = c.view(0);
  const size_t along = axis_at(c, c.whole("axis", 0));
  const Index length = y.length(along);
  auto at = static_cast<Index>(*index);
  at += at < 0 ? length : 0;
  if (at < 0 || at >= length) c.wrong("position ", at, " of ", length);
  if (length > 1) {
    const Axis axis = canonical(y.axes[along]);
    Index rest = at;  // in mixed radix, the fastest factor last
    for (size_t k = axis.size(); k-- > 0; rest /= axis[k].length)
      y.offset += rest % axis[k].length * axis[k].stride;
  }
  y.axes[along].clear();
  y.axes = *regrouped(y.axes, c.output_shape().lengths());
  give_part(c, std::move(y));
}

void slice(const ImportCall& c) {
  View y = c.view(0);
  const auto starts = c.wholes("starts", 1);
  (void)c.wholes("ends", 2);
  auto axes = c.wholes("axes", 3);
  const auto steps = c.has(4) ? c.known_wholes(4) : std::vector<Index>{};
  if (!starts || !std::ranges::all_of(steps, [](Index step) { return step == 1; }))
    c.unsupported("steps other than 1");
  if (!axes) {
    axes.emplace();
    for (size_t i = 0; i < starts->size(); ++i) axes->push_back(static_cast<Index>(i));
  }
  for (size_t i = 0; i < starts->size(); ++i) {
    const size_t along = axis_at(c, axes->at(i));
    const Index n = y.length(along);
    const Index start = (*starts)[i] < 0 ? (*starts)[i] + n : (*starts)[i];
    cut(c, y, along, std::clamp<Index>(start, 0, n), c.output_shape()[static_cast<int>(along)]);
  }
  give_part(c, std::move(y));
}

}  // namespace

std::map<std::string, ImportNode> arranging_nodes() {
  return {{"Identity", same},       {"Cast", same},       {"Reshape", reshape},
          {"Flatten", reshape},     {"Squeeze", reshape}, {"Unsqueeze", reshape},
          {"Transpose", transpose}, {"Gather", gather},   {"Slice", slice}};
}

}  // namespace autonet::exchange
