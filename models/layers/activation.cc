#include "models/layers/activation.h"

#include "autonet/ops/activation.h"
#include "autonet/ops/softmax.h"
#include "autonet/text/concat.h"
#include "models/layers/families.h"

namespace autonet::internal {
namespace {

/// A function of each element or each pixel: a layer, and a value of "activation".
struct Activation {
  const char* name;
  const char* doc;
  /// `parameter` is the value of the key below, or 0.
  Var (*record)(Var x, double parameter);
  const char* key = nullptr;  // the name of the layer's parameter, if it has one
  const char* key_doc = "";
  double fallback = 0.0;  // the default of the parameter, and its value in "activation"
  Range range = within(-1000, 1000);
};

const Activation kActivations[] = {
    {.name = "relu", .doc = "y = max(x, 0).", .record = [](Var x, double) { return relu(x); }},
    {.name = "leaky_relu",
     .doc = "y = x where x > 0, else slope * x.",
     .record = [](Var x, double slope) { return leaky_relu(x, slope); },
     .key = "slope",
     .key_doc = "the slope below 0",
     .fallback = 0.01},
    {.name = "elu",
     .doc = "y = x where x > 0, else alpha * (e^x - 1).",
     .record = [](Var x, double alpha) { return elu(x, alpha); },
     .key = "alpha",
     .key_doc = "the limit far below 0 is -alpha",
     .fallback = 1.0},
    {.name = "gelu",
     .doc = "y = x * Phi(x), where Phi is the distribution function of the normal distribution.",
     .record = [](Var x, double) { return gelu(x); }},
    {.name = "sigmoid",
     .doc = "y = 1 / (1 + e^-x).",
     .record = [](Var x, double) { return sigmoid(x); }},
    {.name = "tanh", .doc = "y = tanh(x).", .record = [](Var x, double) { return tanh(x); }},
    {.name = "softplus",
     .doc = "y = ln(1 + e^x).",
     .record = [](Var x, double) { return softplus(x); }},
    {.name = "softmax",
     .doc = "y = e^x / sum(e^x) over the last axis.",
     .record = [](Var x, double) { return softmax(x); }},
    {.name = "log_softmax",
     .doc = "y = x - ln(sum(e^x)) over the last axis.",
     .record = [](Var x, double) { return log_softmax(x); }},
};

const Activation* find_activation(const std::string& name) {
  for (const Activation& activation : kActivations) {
    if (name == activation.name) return &activation;
  }
  return nullptr;
}

Var record(const LayerCall& call) {
  const Activation& activation = *find_activation(call.layer.type->object.name);
  const double parameter = activation.key == nullptr ? 0.0 : call.fields().number(activation.key);
  return activation.record(call.input(), parameter);
}

}  // namespace

Var record_activation(const std::string& name, Var x) {
  const Activation* activation = find_activation(name);
  return activation == nullptr ? x : activation->record(x, activation->fallback);
}

Key activation_key() {
  std::vector<std::string> names = names_of(kActivations);
  names.insert(names.begin(), "none");
  return choice_key("activation", "the function that is applied to the output", names, "\"none\"");
}

std::vector<LayerType> activation_layers() {
  std::vector<LayerType> layers;
  for (const Activation& row : kActivations) {
    std::vector<Key> keys;
    if (row.key != nullptr) {
      keys.push_back(number_key(row.key, row.key_doc, row.range, text::concat(row.fallback)));
    }
    layers.push_back(
        {.object = {.name = row.name, .doc = row.doc, .keys = keys}, .record = record});
  }
  return layers;
}

}  // namespace autonet::internal
