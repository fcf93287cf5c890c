// Normalizations.
#include <algorithm>
#include <cmath>

#include "exchange/import_layer.h"
#include "text/numbers.h"

namespace autonet::exchange {
namespace {

/// Without the rounding of ONNX's attributes, which are f32: 1e-5, not 9.99999974e-06.
double rounded(double x) {
  return std::stod(text::significant(x, 6));
}

void add_epsilon(const ImportCall& c, ImportedLayer& layer) {
  const double epsilon = rounded(c.number("epsilon", 1e-5));
  if (epsilon != 1e-5) layer.keys.emplace_back("epsilon", json(epsilon));
}

Array repeated(const Array& x, Index channels) {
  Array result = Array::uninitialized({Shape{channels}, x.dtype()});
  for (Index i = 0; i < channels; ++i) result.set({i}, x.at({i / (channels / x.size())}));
  return result;
}

void batch_norm(const ImportCall& c) {
  const View& x = c.view(0);
  const int rank = static_cast<int>(x.axes.size()) - 1;
  const std::vector<int> order = channels_first_order(rank);
  const Index from = c.laid_out(x, order);
  if (c.whole("training_mode", 0) != 0) c.unsupported("statistics of the batch");
  c.ignore("spatial");
  const Shape output = c.output_of(from);
  ImportedLayer layer{
      .type = "batch_norm", .inputs = {from}, .output = output, .only_reader = x.sole};
  add_epsilon(c, layer);
  const double momentum = std::round(1e6 * (1.0 - c.number("momentum", 0.9))) / 1e6;
  if (momentum != 0.1 && momentum >= 0.0 && momentum <= 1.0)
    layer.keys.emplace_back("momentum", json(momentum));
  layer.parameters = {c.constant(1).clone(), c.constant(2).clone()};
  layer.states = {c.constant(3).clone(), c.constant(4).clone()};
  c.give(c.add(std::move(layer)), order);
}

/// InstanceNormalization of x [N,groups,…], where each group is one or more channels.
void instance_norm(const ImportCall& c) {
  c.ignore("consumed_inputs");
  const View& x = c.view(0);
  const Shape output = c.output_of(x.layer);
  const Index channels = output[output.rank() - 1];
  const Index groups = x.length(1);
  const bool fits = !c.type_of(x.layer).starts_with('@') && x.offset == 0 &&
                    x.size() == c.batch() * output.size() && channels % groups == 0 &&
                    canonical(x.axes[0]) == canonical({{c.batch(), output.size()}}) &&
                    canonical(x.axes[1]) == canonical({{groups, channels / groups}});
  if (!fits) c.unsupported("its groups are not groups of a layer's channels");
  ImportedLayer layer{.type = "group_norm", .inputs = {x.layer}, .output = output};
  layer.keys.emplace_back("groups", json(groups));
  add_epsilon(c, layer);
  for (const size_t i : {size_t{1}, size_t{2}}) {
    if (c.shape(i).size() != groups) c.wrong("input ", i, " is ", c.shape(i));
    layer.parameters.push_back(repeated(c.constant(i).reshape(Shape{groups}), channels));
  }
  c.give_elementwise(std::move(layer));
}

void group_norm(const ImportCall& c) {
  const int rank = static_cast<int>(c.view(0).axes.size()) - 1;
  const std::vector<int> order = channels_first_order(rank);
  const Index from = c.laid_out(c.view(0), order);
  const Shape output = c.output_of(from);
  c.ignore("stash_type");
  ImportedLayer layer{.type = "group_norm", .inputs = {from}, .output = output};
  layer.keys.emplace_back("groups", json(c.whole("num_groups", 1)));
  add_epsilon(c, layer);
  const Index channels = output[output.rank() - 1];
  layer.parameters = {repeated(c.constant(1), channels), repeated(c.constant(2), channels)};
  c.give(c.add(std::move(layer)), order);
}

/// Over the last axis of a layer's output, at each place; the places may be in any arrangement.
void layer_norm(const ImportCall& c) {
  const View& x = c.view(0);
  const auto rank = std::ssize(x.axes);
  Index axis = c.whole("axis", -1);
  axis += axis < 0 ? rank : 0;
  c.ignore("stash_type");
  if (c.wants(1)) c.unsupported("the means");
  const std::vector<int> order = plain_order(static_cast<int>(rank) - 1);
  const bool last = axis == rank - 1;
  Index from = x.layer;
  const Shape before = c.output_of(from);
  const Index channels = x.length(static_cast<size_t>(rank) - 1);
  const bool in_place = x.offset == 0 && x.size() == c.batch() * before.size() &&
                        before[before.rank() - 1] == channels &&
                        canonical(x.axes.back()) == canonical({{channels, 1}}) &&
                        !c.type_of(from).starts_with('@');
  if (!last) c.unsupported("autonet normalizes over the last axis only; got axis ", axis);
  if (!in_place) from = c.laid_out(x, order);
  ImportedLayer layer{.type = "layer_norm", .inputs = {from}, .output = c.output_of(from)};
  add_epsilon(c, layer);
  const Shape shape{channels};
  layer.parameters = {c.constant(1).reshape(shape).clone(),
                      c.has(2) ? c.constant(2).reshape(shape).clone()
                               : Array::zeros({shape, c.constant(1).dtype()})};
  if (!in_place) return c.give(c.add(std::move(layer)), order);
  View y = x;
  y.layer = c.add(std::move(layer));
  y.sole = true;
  c.give(std::move(y));
}

}  // namespace

std::map<std::string, ImportNode> norm_nodes() {
  return {{"BatchNormalization", batch_norm},
          {"InstanceNormalization", instance_norm},
          {"GroupNormalization", group_norm},
          {"LayerNormalization", layer_norm}};
}

}  // namespace autonet::exchange
