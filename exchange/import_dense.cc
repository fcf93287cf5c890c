// Nodes that multiply by a matrix, add, or normalize.
#include <algorithm>

#include "autonet/text/concat.h"
#include "exchange/import_layer.h"

namespace autonet::exchange {
namespace {

/// The rows of w [F,…] in the order of the layer's output that they are multiplied with.
Array ordered_rows(const Array& w, const Axis& axis) {
  Array result = Array::uninitialized(w.type());
  const std::vector<Index> positions = positions_of(axis);
  for (size_t j = 0; j < positions.size(); ++j) {
    result.slice(0, positions[j], 1).copy_from(w.slice(0, static_cast<Index>(j), 1));
  }
  return result;
}

ImportedLayer linear_layer(const ImportCall& c, Array w, const Array& bias) {
  ImportedLayer layer{.type = "linear"};
  layer.keys.emplace_back("units", json(w.shape()[1]));
  layer.parameters = {std::move(w)};
  if (bias.has_data()) {
    const Index units = layer.parameters[0].shape()[1];
    if (bias.size() != 1 && bias.size() != units)
      c.unsupported("a bias ", bias.shape(), " for ", units, " units");
    layer.parameters.push_back(bias.reshape(Shape{bias.size()}).broadcast_to(Shape{units}).clone());
  } else {
    layer.keys.emplace_back("bias", "false");
  }
  return layer;
}

/// a * array
Array scaled(const Array& array, double a) {
  if (a == 1.0) return array;
  Array result = array.clone();
  const std::vector<double> numbers = array.to_vector();
  Array flat = result.reshape(Shape{result.size()});
  for (Index i = 0; i < flat.size(); ++i) flat.set({i}, a * numbers[static_cast<size_t>(i)]);
  return result;
}

void gemm(const ImportCall& c) {
  if (c.whole("transA", 0) != 0) c.unsupported("a transposed input");
  Array w = c.constant(1);
  if (c.whole("transB", 0) != 0) w = w.permute({1, 0}).clone();
  const double beta = c.number("beta", 1.0);
  const Array bias = c.has(2) ? scaled(c.constant(2), beta) : Array();
  import_linear(c, scaled(w, c.number("alpha", 1.0)), bias);
}

void matmul(const ImportCall& c) {
  if (c.is_view(0) && c.is_view(1)) return import_product(c);
  const Array w = c.constant(1);
  if (w.rank() != 2) c.unsupported("a product with an array ", w.shape());
  import_linear(c, w, {});
}

/// True if the layer can take a bias for each number of its output's last axis.
bool takes_bias(const ImportedLayer& layer) {
  constexpr std::string_view kTypes[] = {"linear",     "conv2d",     "conv2d_transpose",
                                         "batch_norm", "group_norm", "layer_norm",
                                         "attention"};
  return layer.activation.empty() && std::ranges::find(kTypes, layer.type) != std::end(kTypes);
}

/// Adds to the layer's bias, which it gets if it has none.
void add_bias(ImportedLayer& layer, const Array& more) {
  const bool attention = layer.type == "attention";  // its last bias is that of its output
  const size_t place = attention ? 3 : 1;
  if (layer.parameters.size() <= place) {
    const Index channels = more.size();
    if (attention) layer.parameters.push_back(Array::zeros({Shape{3 * channels}, more.dtype()}));
    layer.parameters.push_back(Array::zeros(more.type()));
    std::erase_if(layer.keys, [](const auto& key) { return key.first == "bias"; });
  }
  Array& bias = layer.parameters[place];
  for (Index k = 0; k < more.size(); ++k) bias.set({k}, bias.at({k}) + more.at({k}));
}

/// array * factors, of which there is one for each number of the last axis.
void multiply(Array& array, const Array& factors) {
  const std::vector<double> numbers = array.to_vector();
  const std::vector<double> by = factors.to_vector();
  Array flat = array.reshape(Shape{array.size()});
  for (size_t i = 0; i < numbers.size(); ++i)
    flat.set({static_cast<Index>(i)}, numbers[i] * by[i % by.size()]);
}

/// The numbers that x + array adds for each number of the last axis of the layer's output; none if
/// they do not only depend on it.
std::optional<Array> per_channel(const ImportCall& c, const View& x, const Array& array) {
  const Shape& output = c.output_of(x.layer);
  const Index channels = output[output.rank() - 1];
  if (array.size() == 1)
    return Array(array.reshape(Shape{1}).broadcast_to(Shape{channels})).clone();
  const int missing = static_cast<int>(x.axes.size()) - array.rank();
  for (int axis = 0; axis < array.rank(); ++axis) {
    if (array.shape()[axis] == 1) continue;
    const auto ours = static_cast<size_t>(Index{axis} + missing);
    const bool all = array.size() == array.shape()[axis] && array.size() == channels &&
                     canonical(x.axes.at(ours)) == canonical({{channels, 1}});
    if (all) return array.reshape(Shape{channels}).clone();
    return std::nullopt;
  }
  return std::nullopt;
}

/// The sum of a layer's output and a constant: its bias, or an embedding of positions.
void add_constant(const ImportCall& c, size_t of, size_t constant) {
  const View& x = c.view(of);
  const Array array = c.constant(constant);
  if (c.type_of(x.layer).starts_with('@')) return import_shift(c, of, constant);
  if (array.rank() > static_cast<int>(x.axes.size()))
    c.unsupported("a constant ", array.shape(), " with more axes than the other input");
  const bool whole = x.layer >= 0 && x.sole && takes_bias(c.layer(x.layer));
  if (const auto bias = whole ? per_channel(c, x, array) : std::nullopt) {
    add_bias(c.layer(x.layer), *bias);
    return c.give(x);
  }
  const bool sequence = x.axes.size() == 3 && array.size() == x.length(1) * x.length(2);
  const bool covers = sequence && array.rank() >= 2 &&
                      array.shape()[array.rank() - 1] == x.length(2) &&
                      array.shape()[array.rank() - 2] == x.length(1);
  if (!covers) c.unsupported("the sum with a constant ", array.shape());
  const std::vector<int> order = plain_order(2);
  const Index from = c.laid_out(x, order);
  const Shape shape = c.output_of(from);
  c.give(c.add({.type = "position_embedding",
                .inputs = {from},
                .output = shape,
                .parameters = {array.reshape(shape).clone()}}),
         order);
}

/// An image [H,W,C] in which each pixel is input i, [N,C,1,1], if another input is such an image.
Index spread(const ImportCall& c, size_t i, const Shape& whole) {
  const Index pixel = c.image(i);
  ImportedLayer layer{
      .type = "upsample", .inputs = {pixel}, .output = {whole[2], whole[3], whole[1]}};
  layer.keys.emplace_back("factor", json_pair(whole[2], whole[3]));
  return c.add(std::move(layer));
}

/// The same of images, of which some have one number for each channel.
bool join_spread(const ImportCall& c, const char* type) {
  const Shape& whole = c.output_shape();
  bool fits = whole.rank() == 4;
  for (size_t i = 0; fits && i < c.inputs(); ++i) {
    const Shape& shape = c.shape(i);
    fits = c.is_view(i) && (shape == whole || shape == Shape{whole[0], whole[1], 1, 1});
  }
  if (!fits) return false;
  ImportedLayer layer{.type = type};
  for (size_t i = 0; i < c.inputs(); ++i)
    layer.inputs.push_back(c.shape(i) == whole ? c.image(i) : spread(c, i, whole));
  layer.output = c.output_of(layer.inputs[0]);
  c.give_image(c.add(std::move(layer)));
  return true;
}

/// A function of several layers' outputs of one shape.
void join(const ImportCall& c, const char* type) {
  for (size_t i = 1; i < c.inputs(); ++i) {
    if (c.shape(i) != c.shape(0) && join_spread(c, type)) return;
  }
  const View& first = c.view(0);
  const int rank = static_cast<int>(first.axes.size()) - 1;
  for (const auto& order : {channels_first_order(rank), plain_order(rank)}) {
    bool fits = rank > 0;
    for (size_t i = 0; i < c.inputs(); ++i)
      fits = fits && c.shape(i) == c.shape(0) && c.can_lay_out(c.view(i), order);
    if (!fits) continue;
    ImportedLayer layer{.type = type};
    for (size_t i = 0; i < c.inputs(); ++i) layer.inputs.push_back(c.laid_out(c.view(i), order));
    layer.output = c.output_of(layer.inputs[0]);
    return c.give(c.add(std::move(layer)), order);
  }
  // Any arrangement is good that is the same for all.
  ImportedLayer layer{.type = type};
  for (size_t i = 0; i < c.inputs(); ++i) {
    const View& x = c.view(i);
    const bool same =
        c.shape(i) == c.shape(0) && x.axes == first.axes && x.offset == first.offset &&
        c.output_of(x.layer) == c.output_of(first.layer) && !c.type_of(x.layer).starts_with('@');
    if (!same) {
      c.unsupported("its inputs ", c.shape(0), " and ", c.shape(i),
                    " have other shapes, or arrangements for which autonet has no layer");
    }
    layer.inputs.push_back(x.layer);
  }
  layer.output = c.output_of(first.layer);
  View y = first;
  y.layer = c.add(std::move(layer));
  y.sole = true;
  c.give(std::move(y));
}

void add(const ImportCall& c) {
  if (c.inputs() == 2 && c.is_constant(1)) return add_constant(c, 0, 1);
  if (c.inputs() == 2 && c.is_constant(0)) return add_constant(c, 1, 0);
  if (c.inputs() < 2) return c.give(c.view(0));
  join(c, "add");
}

/// The product of a layer's output and a number for each channel: the layer with other weights.
bool multiply_channels(const ImportCall& c, size_t of, size_t constant) {
  const View& x = c.view(of);
  const bool fits = x.layer >= 0 && x.sole && takes_bias(c.layer(x.layer)) &&
                    c.layer(x.layer).type != "conv2d_transpose" &&
                    c.layer(x.layer).type != "attention" && c.shape(constant).size() > 1;
  if (!fits) return false;
  const std::optional<Array> factors = per_channel(c, x, c.constant(constant));
  if (!factors) return false;
  for (Array& array : c.layer(x.layer).parameters) multiply(array, *factors);
  c.give(x);
  return true;
}

void mul(const ImportCall& c) {
  if (import_gelu(c)) return;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    if (c.is_constant(1 - i) && multiply_channels(c, i, 1 - i)) return;
    if (const std::optional<double> factor = c.single(1 - i)) {
      View y = c.view(i);
      if (import_half_gelu(c, y, *factor)) return;
      ImportedLayer step{.type = "@scale", .inputs = {y.layer}, .output = c.output_of(y.layer)};
      step.number = *factor;
      y.layer = c.add(std::move(step));
      return c.give(std::move(y));
    }
  }
  join(c, "mul");
}

void concat(const ImportCall& c) {
  const int axes = static_cast<int>(c.view(0).axes.size());
  const Index axis = c.whole("axis", 0);
  const auto along = static_cast<size_t>(axis < 0 ? axis + axes : axis);
  for (const auto& order : {channels_first_order(axes - 1), plain_order(axes - 1)}) {
    bool fits = along > 0 && along < static_cast<size_t>(axes) && order[along - 1] == axes - 2;
    for (size_t i = 0; fits && i < c.inputs(); ++i) fits = c.can_lay_out(c.view(i), order);
    if (!fits) continue;
    ImportedLayer layer{.type = "concat"};
    Index channels = 0;
    for (size_t i = 0; i < c.inputs(); ++i) {
      layer.inputs.push_back(c.laid_out(c.view(i), order));
      const Shape& part = c.output_of(layer.inputs.back());
      channels += part[part.rank() - 1];
    }
    const Shape& part = c.output_of(layer.inputs[0]);
    layer.output = part.with(part.rank() - 1, channels);
    if (c.inputs() == 1) return c.give(c.view(0));
    return c.give(c.add(std::move(layer)), order);
  }
  c.unsupported("autonet joins along the channels only; got axis ", axis, " of ", c.shape(0));
}

}  // namespace

void import_linear(const ImportCall& c, const Array& w, const Array& bias) {
  const View& x = c.view(0);
  if (w.rank() != 2) c.unsupported("weights ", w.shape());
  if (import_attention(c, w, bias)) return;
  if (c.type_of(x.layer).starts_with('@')) c.unsupported("its input is no layer's output");
  const Shape output = c.output_of(x.layer);
  const Index features = w.shape()[0];
  const Index units = w.shape()[1];
  const bool batch_first = canonical(x.axes[0]) == canonical({{c.batch(), output.size()}});
  const bool whole = x.offset == 0 && x.size() == c.batch() * output.size();
  if (!whole || x.length(x.axes.size() - 1) != features)
    c.unsupported("its input is a part of another layer's output");
  if (x.axes.size() == 2 && batch_first) {  // all numbers of the layer, in any order
    ImportedLayer layer = linear_layer(c, ordered_rows(w, x.axes[1]), bias);
    layer.inputs = {x.layer};
    layer.output = Shape{units};
    return c.give(c.add(std::move(layer)), plain_order(1));
  }
  if (canonical(x.axes.back()) != canonical({{features, 1}}))
    c.unsupported("it multiplies an axis that is not the last one of a layer's output");
  const Shape rows{output.size() / features, features};
  const bool is_last = output[output.rank() - 1] == features;
  const View as_rows{x.layer, 0, axes_of(c.batch(), rows, plain_order(2)), true, false, x.shaped};
  // The positions as the value has them, such as the steps of a sequence, where it has three axes.
  const Index from = is_last ? x.layer
                     : c.can_lay_out(x, plain_order(static_cast<int>(x.axes.size()) - 1))
                         ? c.laid_out(x, plain_order(static_cast<int>(x.axes.size()) - 1))
                         : c.laid_out(as_rows, plain_order(2));
  ImportedLayer layer = linear_layer(c, w, bias);
  layer.keys.emplace_back("each_position", "true");
  layer.inputs = {from};
  layer.output = c.output_of(from).with(c.output_of(from).rank() - 1, units);
  View y = x;
  for (Axis& axis : y.axes) {
    for (Factor& factor : axis) factor.stride = factor.stride / features * units;
  }
  y.axes.back() = canonical({{units, 1}});
  y.layer = c.add(std::move(layer));
  y.sole = true;
  c.give(std::move(y));
}

std::map<std::string, ImportNode> dense_nodes() {
  return {{"Gemm", gemm}, {"MatMul", matmul}, {"Add", add},
          {"Sum", add},   {"Mul", mul},       {"Concat", concat}};
}

}  // namespace autonet::exchange
