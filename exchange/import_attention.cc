// Self-attention, which ONNX writes as many nodes.
//
// Its steps are products of arrangements of layers' outputs, as "@product", "@shift" and
// "@softmax". The fully connected layer that follows them makes of them one layer "attention".
#include <cmath>
#include <numeric>

#include "exchange/import_layer.h"

namespace autonet::exchange {
namespace {

/// The columns of a fully connected layer that are the queries, keys or values.
struct Part {
  Index layer = -1;
  Index first = 0;
};

/// What must be equal for the queries, the keys and the values.
struct Sizes {
  Index steps = 0;
  Index channels = 0;
  Index heads = 0;
};

/// x without the factors that steps multiply it with, which are multiplied into `scale`.
View unscaled(const ImportCall& c, View x, double& scale) {
  while (c.type_of(x.layer) == "@scale") {
    scale *= c.layer(x.layer).number;
    x.layer = c.layer(x.layer).inputs[0];
  }
  return x;
}

/// The columns of a layer that x [N,heads,steps,size] is, or with `transposed`
/// [N,heads,size,steps]. Batch and heads may be one axis.
std::optional<Part> part_of(const ImportCall& c, const View& x, bool transposed,
                            const Sizes& sizes) {
  if (x.layer < 0 || x.axes.size() < 3) return {};
  const ImportedLayer& layer = c.layer(x.layer);
  const Index size = sizes.channels / sizes.heads;
  const bool linear = layer.type == "linear" && layer.activation.empty() &&
                      layer.output.rank() == 2 && layer.output[0] == sizes.steps;
  if (!linear) return {};
  const Index width = layer.output[1];
  std::vector<Axis> axes = x.axes;
  if (transposed) std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  const auto front = std::span(axes).first(axes.size() - 2);
  const bool fits = canonical(axes.back()) == canonical({{size, 1}}) &&
                    canonical(axes[axes.size() - 2]) == canonical({{sizes.steps, width}}) &&
                    canonical(joined(front)) ==
                        canonical({{c.batch(), sizes.steps * width}, {sizes.heads, size}});
  if (!fits || x.offset % sizes.channels != 0 || x.offset + sizes.channels > width) return {};
  return Part{x.layer, x.offset};
}

/// True if the constant is 0 where a step sees itself or an earlier one, and very small elsewhere.
bool is_causal(const Array& mask, Index steps) {
  if (mask.size() != steps * steps) return false;
  const std::vector<double> numbers = mask.to_vector();
  for (Index i = 0; i < steps; ++i) {
    for (Index j = 0; j < steps; ++j) {
      const double x = numbers[static_cast<size_t>(i * steps + j)];
      if (j <= i ? x != 0.0 : !(x <= -1e4)) return false;
    }
  }
  return true;
}

/// What the steps before the last layer are.
struct Attention {
  Index input = -1;
  Sizes sizes;
  Part parts[3];  // queries, keys, values
  bool causal = false;
};

std::optional<Attention> attention_before(const ImportCall& c, const View& mixed) {
  const ImportedLayer& product = c.layer(mixed.layer);
  if (product.type != "@product" || mixed.offset != 0) return {};
  const View& shares = product.views[0];
  if (c.type_of(shares.layer) != "@softmax") return {};
  View scores{c.layer(shares.layer).inputs[0], shares.offset, shares.axes};
  double scale = 1.0;
  Attention found;
  scores = unscaled(c, scores, scale);
  if (c.type_of(scores.layer) == "@shift") {
    const ImportedLayer& shift = c.layer(scores.layer);
    found.causal = is_causal(shift.constant, product.output[1]);
    if (!found.causal || scale != 1.0) return {};
    scores.layer = shift.inputs[0];
    scores = unscaled(c, scores, scale);
  }
  if (c.type_of(scores.layer) != "@product") return {};
  const View q = unscaled(c, c.layer(scores.layer).views[0], scale);
  const View k = unscaled(c, c.layer(scores.layer).views[1], scale);
  double one = 1.0;
  const View v = unscaled(c, product.views[1], one);
  // The products are [heads,steps,size] for each input.
  const Shape& out = product.output;
  found.sizes = {out[1], out[0] * out[2], out[0]};
  const double wanted = 1.0 / std::sqrt(static_cast<double>(out[2]));
  if (one != 1.0 || std::abs(scale - wanted) > 1e-5 * wanted) return {};
  const std::optional<Part> parts[3] = {part_of(c, q, false, found.sizes),
                                        part_of(c, k, true, found.sizes),
                                        part_of(c, v, false, found.sizes)};
  for (size_t i = 0; i < 3; ++i) {
    if (!parts[i]) return {};
    found.parts[i] = *parts[i];
    const Index input = c.layer(parts[i]->layer).inputs[0];
    if (i > 0 && input != found.input) return {};
    found.input = input;
  }
  const bool same = c.output_of(found.input) == Shape{found.sizes.steps, found.sizes.channels};
  return same ? std::optional(found) : std::nullopt;
}

/// The columns of the three parts beside each other, of the weights or of the biases.
Array joined_columns(const ImportCall& c, const Attention& a, size_t parameter) {
  const Index channels = a.sizes.channels;
  const Index rows = parameter == 0 ? channels : 1;
  Array all = Array::zeros({{rows, 3 * channels}, c.layer(a.parts[0].layer).parameters[0].dtype()});
  for (Index i = 0; i < 3; ++i) {
    const Part& part = a.parts[static_cast<size_t>(i)];
    const ImportedLayer& layer = c.layer(part.layer);
    if (layer.parameters.size() <= parameter) continue;
    const Array& from = layer.parameters[parameter];
    all.slice(1, i * channels, channels)
        .copy_from(from.reshape({rows, from.size() / rows}).slice(1, part.first, channels));
  }
  return all;
}

}  // namespace

bool import_attention(const ImportCall& c, const Array& w, const Array& bias) {
  const View& x = c.view(0);
  if (c.type_of(x.layer) != "@product") return false;
  const std::optional<Attention> a = attention_before(c, x);
  if (!a) return false;
  const auto [steps, channels, heads] = a->sizes;
  const Index size = channels / heads;
  // The features are the heads' numbers one after another.
  const bool square = w.shape() == Shape{channels, channels};
  const bool features = canonical(x.axes.back()) == canonical({{heads, steps * size}, {size, 1}});
  if (!square || !features || x.size() != c.batch() * steps * channels) return false;
  ImportedLayer layer{.type = "attention", .inputs = {a->input}, .output = {steps, channels}};
  layer.keys.emplace_back("heads", json(heads));
  if (a->causal) layer.keys.emplace_back("causal", "true");
  bool biased = bias.has_data();
  for (const Part& part : a->parts) biased = biased || c.layer(part.layer).parameters.size() > 1;
  layer.parameters = {joined_columns(c, *a, 0), w.clone()};
  if (biased) {
    layer.parameters.push_back(joined_columns(c, *a, 1).reshape(Shape{3 * channels}));
    layer.parameters.push_back(
        bias.has_data()
            ? Array(bias.reshape(Shape{bias.size()}).broadcast_to(Shape{channels})).clone()
            : Array::zeros({Shape{channels}, w.dtype()}));
  } else {
    layer.keys.emplace_back("bias", "false");
  }
  // Of [heads,steps,size] the steps were `size` apart, and the inputs as far as in
  // [steps,channels].
  View y = x;
  for (size_t k = 0; k + 1 < y.axes.size(); ++k) {
    for (Factor& factor : y.axes[k]) {
      if (factor.stride < steps * channels) factor.stride = factor.stride / size * channels;
    }
  }
  y.axes.back() = canonical({{channels, 1}});
  y.layer = c.add(std::move(layer));
  y.sole = true;
  c.give(std::move(y));
  return true;
}

void import_product(const ImportCall& c) {
  const View& a = c.view(0);
  const View& b = c.view(1);
  const Shape& y = c.output_shape();
  if (y.rank() < 3 || a.axes.size() != b.axes.size())
    c.unsupported("autonet has a product of two values in attention only");
  const Index rows = y[y.rank() - 2];
  const Index cols = y[y.rank() - 1];
  if (y.size() % (c.batch() * rows * cols) != 0)
    c.unsupported("autonet has a product of two values in attention only");
  const Index heads = y.size() / (c.batch() * rows * cols);
  ImportedLayer step{
      .type = "@product", .inputs = {a.layer, b.layer}, .output = {heads, rows, cols}};
  step.views = {a, b};
  const std::vector<Axis> axes = axes_of(c.batch(), step.output, plain_order(3));
  View result{-1, 0, {}};
  const auto grouped = regrouped(axes, y.lengths());
  if (!grouped) c.unsupported("autonet has a product of two values in attention only");
  result.axes = *grouped;
  result.layer = c.add(std::move(step));
  c.give(std::move(result));
}

void import_shift(const ImportCall& c, size_t of, size_t constant) {
  View y = c.view(of);
  const std::string& type = c.type_of(y.layer);
  const Array added = c.constant(constant);
  const bool one = c.single(constant).value_or(0.0) == 1.0;
  const bool in_gelu = type == "@erf" && one;
  const bool mask = type == "@product" || type == "@scale";
  if (!in_gelu && !mask) c.unsupported("the sum with a constant ", added.shape());
  ImportedLayer step{.type = in_gelu ? "@one_plus_erf" : "@shift",
                     .inputs = in_gelu ? c.layer(y.layer).inputs : std::vector<Index>{y.layer},
                     .output = c.output_of(y.layer)};
  step.constant = added;
  y.layer = c.add(std::move(step));
  c.give(std::move(y));
}

}  // namespace autonet::exchange
