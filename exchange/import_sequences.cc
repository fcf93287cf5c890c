// LSTMs.
#include <algorithm>

#include "exchange/import_layer.h"

namespace autonet::exchange {
namespace {

/// Weights [1, 4 units, n] with the gates i, o, f, g as [n, 4 units] with i, f, g, o.
Array gates(const Array& w, Index units) {
  const Index n = w.size() / (4 * units);
  const Array theirs = w.reshape({4 * units, n});
  Array ours = Array::uninitialized({{4 * units, n}, w.dtype()});
  constexpr Index kOrder[] = {0, 2, 3, 1};
  for (Index k = 0; k < 4; ++k)
    ours.slice(0, k * units, units).copy_from(theirs.slice(0, kOrder[k] * units, units));
  return ours.permute({1, 0}).clone();
}

bool is_zero(const ImportCall& c, size_t i) {
  if (!c.has(i)) return true;
  return c.is_constant(i) &&
         std::ranges::all_of(c.constant(i).to_vector(), [](double x) { return x == 0.0; });
}

/// The activations, if they are named, are those that an LSTM has by default.
bool usual_activations(const ImportCall& c) {
  const std::vector<std::string> names = c.texts("activations");
  return names.empty() || names == std::vector<std::string>{"Sigmoid", "Tanh", "Tanh"};
}

void lstm(const ImportCall& c) {
  if (c.text("direction", "forward") != "forward") c.unsupported("a direction other than forward");
  const bool plain = usual_activations(c) && !c.has(4) && !c.has(7) &&
                     c.whole("input_forget", 0) == 0 && !c.has_attribute("clip");
  if (!plain) c.unsupported("peepholes, lengths, clip, input_forget or other activations");
  if (!is_zero(c, 5) || !is_zero(c, 6)) c.unsupported("a state at the start that is not 0");
  if (c.is_read(2)) c.unsupported("its last cell state");
  const bool batch_first = c.whole("layout", 0) != 0;
  View x = c.view(0);  // [T,N,F]
  if (!batch_first && x.axes.size() == 3) std::swap(x.axes[0], x.axes[1]);
  const Index from = c.laid_out(x, plain_order(2));
  const Index units = c.whole("hidden_size", c.shape(2)[2]);
  const Index steps = c.output_of(from)[0];
  const bool every = c.is_read(0);
  if (every && c.is_read(1)) c.unsupported("both outputs, of every step and of the last one");
  ImportedLayer layer{.type = "lstm", .inputs = {from}};
  layer.keys.emplace_back("units", json(units));
  if (every) layer.keys.emplace_back("every_step", "true");
  layer.keys.emplace_back("forget_bias", "0");
  layer.parameters = {gates(c.constant(1), units), gates(c.constant(2), units)};
  if (c.has(3)) {  // two biases, which are added
    const Array both = c.constant(3).reshape({2, 4 * units});
    Array sum = Array::uninitialized({Shape{4 * units}, both.dtype()});
    for (Index k = 0; k < 4 * units; ++k) sum.set({k}, both.at({0, k}) + both.at({1, k}));
    layer.parameters.push_back(gates(sum, units).reshape(Shape{4 * units}));
  } else {
    layer.keys.emplace_back("bias", "false");
  }
  layer.output = every ? Shape{steps, units} : Shape{units};
  const Index made = c.add(std::move(layer));
  View y{made, 0, axes_of(c.batch(), c.output_of(made), plain_order(every ? 2 : 1))};
  if (every) {
    if (!batch_first) std::swap(y.axes[0], y.axes[1]);
    y.axes.insert(y.axes.begin() + (batch_first ? 2 : 1), Axis{});
  } else {
    y.axes.insert(y.axes.begin() + (batch_first ? 1 : 0), Axis{});
  }
  c.give(std::move(y), every ? 0 : 1);
}

}  // namespace

std::map<std::string, ImportNode> sequence_nodes() {
  return {{"LSTM", lstm}};
}

}  // namespace autonet::exchange
