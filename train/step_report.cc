#include "train/step_report.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/text/concat.h"
#include "autonet/train/weights.h"

namespace autonet::internal {
namespace {

void add(const Array& array, double& largest, Index& bad) {
  for (const double number : array.to_vector()) {
    if (std::isfinite(number)) {
      largest = std::max(largest, std::abs(number));
    } else {
      ++bad;
    }
  }
}

}  // namespace

std::string StepReport::first_failure() const {
  for (const LayerReport& layer : layers) {
    if (layer.bad_outputs > 0) {
      return text::concat("an output of layer \"", layer.layer, "\" in the forward pass");
    }
  }
  if (!std::isfinite(loss)) return "the loss in the forward pass";
  for (size_t i = layers.size(); i-- > 0;) {
    if (layers[i].bad_gradients > 0) {
      return text::concat("a gradient of layer \"", layers[i].layer, "\" in the backward pass");
    }
  }
  return "";
}

StepReport report_step(const Model& model, Context& context, const Weights& weights, const Array& x,
                       const Array& y, Index step, std::uint64_t seed, Model::Mode mode) {
  check_weights(model, weights, "replaying a step");
  const DType dtype = model.training().precision;
  Tape tape(context);
  std::vector<Var> parameters;
  for (const Array& array : weights.parameters) parameters.push_back(tape.variable(array));
  std::vector<Var> states;
  for (const Array& array : weights.states) states.push_back(tape.variable(array));
  const Var inputs = tape.variable(x.to(dtype));
  const Var targets = tape.variable(y.to(dtype));
  const Var count = tape.variable(Array::scalar(static_cast<double>(step), DType::f64));
  const Recorded recorded = model.record(inputs, parameters, states, mode, count, seed);
  const Index forward_end = tape.size();
  const Var loss = model.loss(recorded.output, targets);

  StepReport report;
  for (const LayerInfo& layer : model.layers()) report.layers.push_back({.layer = layer.name});
  const auto layer_named = [&](const std::string& name) {
    return std::ranges::find(report.layers, name, &LayerReport::layer);
  };
  for (Index id = 0; id < forward_end; ++id) {
    const Node& node = tape.node(id);
    if (node.op == nullptr || node.label == 0) continue;
    const auto layer = layer_named(tape.label_text(node.label));
    if (layer == report.layers.end()) continue;
    Index bad = 0;
    layer->largest_output = 0.0;  // of the layer's last result
    add(tape.value(id), layer->largest_output, bad);
    layer->bad_outputs = std::max(layer->bad_outputs, bad);
  }
  report.loss = loss.value().item();
  const std::vector<Var> bars = grad(loss, parameters);
  for (size_t i = 0; i < bars.size(); ++i) {
    const std::string& name = model.parameters()[i].name;
    const auto layer = layer_named(name.substr(0, name.rfind('/')));
    if (layer == report.layers.end()) continue;
    add(bars[i].value(), layer->largest_gradient, layer->bad_gradients);
  }
  return report;
}

}  // namespace autonet::internal
