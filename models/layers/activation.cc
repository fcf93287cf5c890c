#include "ops/activation.h"

#include "models/layers/layers.h"
#include "ops/softmax.h"

namespace autonet {
namespace {

struct Activation {
  const char* name;
  const char* doc;
  Var (*record)(Var x);
};

/// Those without constants: layers of their own, and values of "activation".
const Activation kActivations[] = {
    {"relu", "y = max(x, 0).", [](Var x) { return relu(x); }},
    {"leaky_relu", "y = x where x > 0, else slope * x.", [](Var x) { return leaky_relu(x); }},
    {"elu", "y = x where x > 0, else alpha * (e^x - 1).", [](Var x) { return elu(x); }},
    {"gelu", "y = x * Phi(x), Phi the normal distribution function.",
     [](Var x) { return gelu(x); }},
    {"sigmoid", "y = 1 / (1 + e^-x).", [](Var x) { return sigmoid(x); }},
    {"tanh", "y = tanh(x).", [](Var x) { return tanh(x); }},
    {"softplus", "y = ln(1 + e^x).", [](Var x) { return softplus(x); }},
    {"softmax", "y = e^x / sum(e^x) over the last axis.", [](Var x) { return softmax(x); }},
    {"log_softmax", "y = x - ln(sum(e^x)) over the last axis.",
     [](Var x) { return log_softmax(x); }},
};

void plan(Layer& layer) {
  layer.output = layer.input();
}

Var record(const LayerCall& call) {
  return record_activation(call.layer.type->object.name, call.input());
}

Var record_leaky_relu(const LayerCall& call) {
  return leaky_relu(call.input(), call.layer.fields->number("slope"));
}

Var record_elu(const LayerCall& call) {
  return elu(call.input(), call.layer.fields->number("alpha"));
}

}  // namespace

Var record_activation(const std::string& name, Var x) {
  for (const Activation& activation : kActivations) {
    if (name == activation.name) return activation.record(x);
  }
  return x;  // "none"
}

Key activation_key() {
  Key key{"activation", Key::Kind::choice, "what is applied to the output", "\"none\""};
  key.choices = {"none"};
  for (const Activation& activation : kActivations) key.choices.emplace_back(activation.name);
  return key;
}

std::vector<LayerType> activation_layers() {
  std::vector<LayerType> layers;
  for (const Activation& activation : kActivations) {
    LayerType type;
    type.object = {activation.name, activation.doc, {}};
    type.plan = plan;
    type.record = record;
    if (type.object.name == "leaky_relu") {
      type.object.keys = {
          {"slope", Key::Kind::number, "the slope below 0", "0.01", false, -1000, 1000}};
      type.record = record_leaky_relu;
    } else if (type.object.name == "elu") {
      type.object.keys = {
          {"alpha", Key::Kind::number, "minus the limit far below 0", "1", false, -1000, 1000}};
      type.record = record_elu;
    }
    layers.push_back(type);
  }
  return layers;
}

}  // namespace autonet
