#include "cli/report/anatomy.h"

#include <algorithm>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/tape.h"
#include "cli/program_report.h"
#include "ops/recognize.h"

namespace autonet::cli {
namespace {

/// The array without its first axis, which has length 1.
Array without_batch(const Array& array) {
  const auto lengths = array.shape().lengths();
  return array.contiguous().reshape(Shape(std::span<const Index>(lengths).subspan(1)));
}

std::vector<Var> leaves(Tape& tape, const std::vector<Array>& arrays) {
  std::vector<Var> vars;
  vars.reserve(arrays.size());
  for (const Array& array : arrays) vars.push_back(tape.variable(array));
  return vars;
}

/// The number of the layer of that name; -1 for the model's input.
Index layer_number(const Model& model, const std::string& name) {
  const auto found = std::ranges::find(model.layers(), name, &LayerInfo::name);
  return found == model.layers().end() ? -1 : found - model.layers().begin();
}

/// The calls of conv2d that the layers consist of, with the place of each on the tape.
struct Calls {
  std::vector<ConvolutionNumbers> numbers = {};
  std::vector<Index> ids = {};
};

Calls find_calls(const Model& model, Tape& tape) {
  Calls calls;
  for (Index id = 0; id < tape.size(); ++id) {
    const Node& node = tape.node(id);
    if (node.op == nullptr) continue;
    const auto conv = internal::as_conv2d(*node.op);
    if (!conv) continue;
    const Index layer = layer_number(model, tape.label_text(node.label));
    if (layer < 0 || model.layers()[static_cast<size_t>(layer)].type != "conv2d") continue;
    const LayerInfo& info = model.layers()[static_cast<size_t>(layer)];
    calls.numbers.push_back({.layer = layer,
                             .input = layer_number(model, info.inputs.at(0)),
                             .window = conv->window,
                             .forward = window_text(conv->window)});
    calls.ids.push_back(id);
  }
  return calls;
}

/// Finds the calls that the rules of the convolutions recorded, for the texts of their windows.
void add_rules(Tape& tape, Calls& calls) {
  for (Index id = 0; id < tape.size(); ++id) {
    const Node& node = tape.node(id);
    const auto call = std::ranges::find(calls.ids, node.rule_of);
    if (node.op == nullptr || node.rule_of < 0 || call == calls.ids.end()) continue;
    const auto conv = internal::as_conv2d(*node.op);
    if (!conv) continue;
    ConvolutionNumbers& numbers = calls.numbers[static_cast<size_t>(call - calls.ids.begin())];
    (node.rule_of_input == 0 ? numbers.for_input : numbers.for_weights) = window_text(conv->window);
  }
}

}  // namespace

Anatomy anatomy_of(const Model& model, const Weights& weights, const Examples& examples, Index n) {
  Tape tape;
  const DType dtype = model.training().precision;
  const Examples one = internal::piece_of(examples, n, 1);
  const Var x = tape.variable(one.x.to(dtype).clone());
  Array target = one.y.numbers().to(dtype).clone();
  if (model.classes() == 0) target = target.reshape({1, model.outputs()});
  const Var y = tape.variable(target);
  const std::vector<Var> parameters = leaves(tape, weights.parameters);
  const std::vector<Var> states = leaves(tape, weights.states);
  const Recorded recorded = model.record(x, parameters, states, Model::Mode::evaluation,
                                         tape.constant(Array::scalar(0.0, DType::f64)));
  Calls calls = find_calls(model, tape);
  const Var loss = model.loss(recorded.output, y);

  // Asked for together, so that the backward pass is recorded once.
  std::vector<Var> wanted = {x};
  wanted.insert(wanted.end(), recorded.layers.begin(), recorded.layers.end());
  for (const Index id : calls.ids) {
    wanted.push_back(tape.var(id));
    wanted.push_back(tape.inputs_of(id)[1]);
  }
  const std::vector<Var> bars = grad(loss, wanted);
  add_rules(tape, calls);
  const auto numbers = [&](size_t i) {
    return LayerNumbers{without_batch(wanted[i].value()), without_batch(bars[i].value())};
  };
  Anatomy anatomy{.loss = loss.value().item(),
                  .predictions = model.predictions(recorded.output).value().to_vector()};
  anatomy.input = numbers(0);
  for (size_t i = 0; i < recorded.layers.size(); ++i) anatomy.layers.push_back(numbers(i + 1));
  size_t next = recorded.layers.size() + 1;
  for (ConvolutionNumbers& convolution : calls.numbers) {
    convolution.output_gradients = without_batch(bars[next++].value());
    convolution.weights = wanted[next].value();
    convolution.weight_gradients = bars[next++].value();
    const std::string& layer = model.layers()[static_cast<size_t>(convolution.layer)].name;
    const auto bias = std::ranges::find(model.parameters(), layer + "/bias", &Parameter::name);
    if (bias != model.parameters().end()) {
      convolution.bias = weights.parameters[static_cast<size_t>(bias - model.parameters().begin())];
    }
  }
  anatomy.convolutions = std::move(calls.numbers);
  return anatomy;
}

}  // namespace autonet::cli
