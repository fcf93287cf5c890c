// Nodes that change each number on its own, or normalize.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "exchange/import_layer.h"

namespace autonet::exchange {
namespace {

/// True if the layer has a key "activation" that is not used yet.
bool takes_activation(const ImportedLayer& layer) {
  constexpr std::string_view kTypes[] = {
      "conv2d", "conv2d_transpose", "linear", "batch_norm", "layer_norm", "group_norm", "add",
      "mul",    "concat",           "lstm",   "attention"};
  return layer.activation.empty() && std::ranges::find(kTypes, layer.type) != std::end(kTypes);
}

/// The layer's "activation" if its parameter is the one that this has, else a layer of its own.
void activation(const ImportCall& c, const View& x, const std::string& name,
                const std::string& key = {}, double parameter = 0.0, double fallback = 0.0) {
  const bool plain = key.empty() || std::abs(parameter - fallback) < 1e-7;
  if (x.layer >= 0 && x.sole && plain && takes_activation(c.layer(x.layer))) {
    c.layer(x.layer).activation = name;
    return c.give(x);
  }
  if (c.type_of(x.layer).starts_with('@')) c.unsupported("its input is no layer's output");
  ImportedLayer layer{
      .type = name, .inputs = {x.layer}, .output = c.output_of(x.layer), .only_reader = x.sole};
  if (!plain) layer.keys.emplace_back(key, json(parameter));
  View y = x;
  y.layer = c.add(std::move(layer));
  y.sole = true;
  c.give(std::move(y));
}

void relu(const ImportCall& c) {
  activation(c, c.view(0), "relu");
}
void sigmoid(const ImportCall& c) {
  activation(c, c.view(0), "sigmoid");
}
void tanh(const ImportCall& c) {
  activation(c, c.view(0), "tanh");
}
void softplus(const ImportCall& c) {
  activation(c, c.view(0), "softplus");
}
void leaky_relu(const ImportCall& c) {
  activation(c, c.view(0), "leaky_relu", "slope", c.number("alpha", 0.01), 0.01);
}
void elu(const ImportCall& c) {
  activation(c, c.view(0), "elu", "alpha", c.number("alpha", 1.0), 1.0);
}
void gelu(const ImportCall& c) {
  if (c.text("approximate", "none") != "none") c.unsupported("autonet has the exact gelu only");
  activation(c, c.view(0), "gelu");
}

/// Softmax and its logarithm, over the last axis of the layer's output.
void over_channels(const ImportCall& c, const char* name) {
  const View& x = c.view(0);
  const auto rank = std::ssize(x.axes);
  Index axis = c.whole("axis", c.opset() < 13 ? 1 : -1);
  axis += axis < 0 ? rank : 0;
  if (c.opset() < 13 && axis != rank - 1) c.unsupported("the softmax of several axes together");
  const Shape& output = c.output_of(x.layer);
  const Index channels = output[output.rank() - 1];
  if (canonical(x.axes.at(static_cast<size_t>(axis))) != canonical({{channels, 1}}))
    c.unsupported("autonet has it over the channels only");
  if (c.type_of(x.layer) == "@product" || c.type_of(x.layer) == "@shift" ||
      c.type_of(x.layer) == "@scale") {
    ImportedLayer step{.type = "@softmax", .inputs = {x.layer}, .output = output};
    View y = x;
    y.layer = c.add(std::move(step));
    return c.give(std::move(y));
  }
  activation(c, x, name);
}

void softmax(const ImportCall& c) {
  over_channels(c, "softmax");
}
void log_softmax(const ImportCall& c) {
  over_channels(c, "log_softmax");
}

/// In a file for prediction, dropout changes nothing; a model that is trained further has it.
void dropout(const ImportCall& c) {
  for (const char* name : {"seed", "is_test", "consumed_inputs"}) c.ignore(name);
  if (c.wants(1)) c.unsupported("which numbers are dropped");
  const double rate = c.has(1) ? c.single(1).value_or(0.5) : c.number("ratio", 0.5);
  if (c.has(2) && c.single(2).value_or(1.0) != 0.0) c.unsupported("dropout as in training");
  if (!(rate > 0.0 && rate <= 0.99)) return c.give(c.view(0));
  ImportedLayer layer{.type = "dropout"};
  layer.keys.emplace_back("rate", json(std::round(rate * 1e6) / 1e6));
  c.give_elementwise(std::move(layer));
}

/// x sqrt(1/2), its erf, and so on: the steps of gelu. Each step keeps the arrangement.
void erf(const ImportCall& c) {
  View y = c.view(0);
  const bool scaled = c.type_of(y.layer) == "@scale" &&
                      std::abs(c.layer(y.layer).number - 1.0 / std::numbers::sqrt2) < 1e-6;
  if (!scaled) c.unsupported("autonet has no such layer");
  y.layer =
      c.add({.type = "@erf", .inputs = c.layer(y.layer).inputs, .output = c.output_of(y.layer)});
  c.give(std::move(y));
}

void div(const ImportCall& c) {
  const std::optional<double> by = c.single(1);
  if (!by || !c.is_view(0)) c.unsupported("autonet has no quotient of layers");
  View y = c.view(0);
  ImportedLayer step{.type = "@scale", .inputs = {y.layer}, .output = c.output_of(y.layer)};
  step.number = 1.0 / *by;
  y.layer = c.add(std::move(step));
  c.give(std::move(y));
}

}  // namespace

bool import_gelu(const ImportCall& c) {
  // x, and half or all of 1 + erf(x / sqrt(2)); the half may also follow.
  for (const size_t i : {size_t{0}, size_t{1}}) {
    if (!c.is_view(i) || !c.is_view(1 - i)) continue;
    const View& x = c.view(i);
    View other = c.view(1 - i);
    double factor = 1.0;
    if (c.type_of(other.layer) == "@scale") {
      factor = c.layer(other.layer).number;
      other.layer = c.layer(other.layer).inputs[0];
    }
    const bool steps = c.type_of(other.layer) == "@one_plus_erf" && other.axes == x.axes;
    if (!steps || c.layer(other.layer).inputs[0] != x.layer) continue;
    if (std::abs(factor - 0.5) < 1e-6) {
      View alone = x;
      alone.sole = x.twice;
      activation(c, alone, "gelu");
      return true;
    }
    if (factor != 1.0) continue;
    View y = x;
    y.layer = c.add({.type = "@twice_gelu", .inputs = {x.layer}, .output = c.output_of(x.layer)});
    c.layer(y.layer).views = {x};
    y.sole = true;
    c.give(std::move(y));
    return true;
  }
  return false;
}

bool import_half_gelu(const ImportCall& c, const View& x, double factor) {
  if (c.type_of(x.layer) != "@twice_gelu" || std::abs(factor - 0.5) > 1e-6) return false;
  View y = c.layer(x.layer).views[0];
  y.axes = x.axes;
  y.sole = y.twice && x.sole;
  activation(c, y, "gelu");
  return true;
}

std::map<std::string, ImportNode> elementwise_nodes() {
  return {{"Relu", relu},
          {"Sigmoid", sigmoid},
          {"Tanh", tanh},
          {"Softplus", softplus},
          {"LeakyRelu", leaky_relu},
          {"Elu", elu},
          {"Gelu", gelu},
          {"Softmax", softmax},
          {"LogSoftmax", log_softmax},
          {"Dropout", dropout},
          {"Erf", erf},
          {"Div", div}};
}

}  // namespace autonet::exchange
