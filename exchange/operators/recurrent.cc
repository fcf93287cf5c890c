// Recurrent networks: RNN, GRU and LSTM with their usual activations.
#include <algorithm>

#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// The weights of one direction: w [K,F] and r [K,H] as [F,K] and [H,K], the biases [K].
struct Weights {
  Var w;
  Var r;
  Var w_bias;
  Var r_bias;
  Var peepholes;  // [3 H], if they are given
};

struct State {
  Var hidden;
  Var cell;  // of an LSTM
};

using Step = State (*)(const Call& c, Var x, const State& state, const Weights& weights);

Var part(Var x, Index k, Index units) {
  return slice(x, x.rank() - 1, k * units, units);
}

State rnn_step(const Call&, Var x, const State& s, const Weights& w) {
  return {tanh(matmul(x, w.w) + w.w_bias + matmul(s.hidden, w.r) + w.r_bias), {}};
}

/// Gates z, r, h.
State gru_step(const Call& c, Var x, const State& s, const Weights& w) {
  const Index units = s.hidden.shape()[1];
  const Var from_x = matmul(x, w.w) + w.w_bias;
  const Var from_h = matmul(s.hidden, w.r) + w.r_bias;
  const Var z = sigmoid(part(from_x, 0, units) + part(from_h, 0, units));
  const Var r = sigmoid(part(from_x, 1, units) + part(from_h, 1, units));
  Var inner;
  if (c.whole("linear_before_reset", 0) != 0) {
    inner = r * part(from_h, 2, units);
  } else {
    inner = matmul(r * s.hidden, part(w.r, 2, units)) + part(w.r_bias, 2, units);
  }
  const Var h = tanh(part(from_x, 2, units) + inner);
  return {(1.0 - z) * h + z * s.hidden, {}};
}

/// Gates i, o, f, c.
State lstm_step(const Call& c, Var x, const State& s, const Weights& w) {
  if (c.whole("input_forget", 0) != 0) c.unsupported("input_forget");
  const Index units = s.hidden.shape()[1];
  const Var sums = matmul(x, w.w) + w.w_bias + matmul(s.hidden, w.r) + w.r_bias;
  Var i = part(sums, 0, units);
  Var o = part(sums, 1, units);
  Var f = part(sums, 2, units);
  if (w.peepholes.valid()) {
    i = i + part(w.peepholes, 0, units) * s.cell;
    f = f + part(w.peepholes, 2, units) * s.cell;
  }
  const Var cell = sigmoid(f) * s.cell + sigmoid(i) * tanh(part(sums, 3, units));
  if (w.peepholes.valid()) o = o + part(w.peepholes, 1, units) * cell;
  return {sigmoid(o) * tanh(cell), cell};
}

/// Slice d along axis 0, without that axis.
Var chosen(Var x, Index d) {
  return squeeze(slice(x, 0, d, 1), {0});
}

struct Run {
  std::vector<Var> steps;
  State last;
};

/// Runs one direction over x [T,N,F]. `mask(t)` is 1 for the sequences that have a step t.
Run run(const Call& c, Step step, Var x, State state, const Weights& weights, bool backward,
        const std::vector<Index>& lengths) {
  const Index count = x.shape()[0];
  Run result;
  result.steps.resize(static_cast<size_t>(count));
  const bool all = std::ranges::all_of(lengths, [&](Index n) { return n == count; });
  for (Index k = 0; k < count; ++k) {
    const Index t = backward ? count - 1 - k : k;
    State next = step(c, chosen(x, t), state, weights);
    Var shown = next.hidden;
    if (!all) {
      const Array present = array_from(std::ssize(lengths), [&](Index n) {
        return t < lengths[static_cast<size_t>(n)] ? 1 : 0;
      });
      const Var mask = c.tape().constant(present.to(x.dtype()).reshape({std::ssize(lengths), 1}));
      shown = mask * next.hidden;
      next.hidden = where(mask, next.hidden, state.hidden);
      if (next.cell.valid()) next.cell = where(mask, next.cell, state.cell);
    }
    state = next;
    result.steps[static_cast<size_t>(t)] = shown;
  }
  result.last = state;
  return result;
}

void check_activations(const Call& c, const std::vector<std::string>& usual, size_t directions) {
  const std::vector<std::string> given = c.texts("activations");
  if (c.has_attribute("activation_alpha") || c.has_attribute("activation_beta") ||
      c.has_attribute("clip")) {
    c.unsupported("activation_alpha, activation_beta and clip");
  }
  if (given.empty()) return;
  bool same = given.size() == usual.size() * directions;
  for (size_t i = 0; same && i < given.size(); ++i) same = given[i] == usual[i % usual.size()];
  if (!same) c.unsupported("activations other than ", text::joined(usual, ", "));
}

Outputs recurrent(const Call& c, Step step, Index gates, const std::vector<std::string>& usual) {
  const bool batch_first = c.whole("layout", 0) != 0;
  const std::string direction = c.text("direction", "forward");
  const Index units = c.in(2).shape()[c.in(2).rank() - 1];
  if (c.whole("hidden_size", units) != units) c.wrong("hidden_size is not that of the weights");
  const Var x = batch_first ? swap_axes(c.in(0), 0, 1) : c.in(0);
  if (x.rank() != 3 || c.in(1).rank() != 3) c.wrong("needs x and weights with three axes");
  const Index count = x.shape()[0];
  const Index batch = x.shape()[1];
  if (count > 65536) c.unsupported(count, " steps");
  const Index directions = direction == "bidirectional" ? 2 : 1;
  if (c.in(1).shape()[0] != directions)
    c.wrong("the weights are not for ", directions, " directions");
  check_activations(c, usual, static_cast<size_t>(directions));
  const std::vector<Index> lengths =
      c.has(4) ? c.known_wholes(4) : std::vector<Index>(static_cast<size_t>(batch), count);
  if (std::ssize(lengths) != batch) c.wrong(lengths.size(), " lengths for ", batch, " sequences");
  const auto initial = [&](size_t i, Index d) {
    if (!c.has(i)) return filled(c.tape(), {{batch, units}, x.dtype()}, 0.0);
    return chosen(batch_first ? swap_axes(c.in(i), 0, 1) : c.in(i), d);
  };
  std::vector<std::vector<Var>> steps(static_cast<size_t>(count));
  std::vector<Var> last;
  std::vector<Var> last_cells;
  const bool lstm = gates == 4;
  for (Index d = 0; d < directions; ++d) {
    const Var zeros = filled(c.tape(), {{gates * units}, x.dtype()}, 0.0);
    Weights weights{
        swap_axes(chosen(c.in(1), d), 0, 1), swap_axes(chosen(c.in(2), d), 0, 1), zeros, zeros, {}};
    if (c.has(3)) {
      const Var bias = chosen(c.in(3), d);
      weights.w_bias = part(bias, 0, gates * units);
      weights.r_bias = part(bias, 1, gates * units);
    }
    if (lstm && c.has(7)) weights.peepholes = chosen(c.in(7), d);
    State state{initial(5, d), {}};
    if (lstm) state.cell = initial(6, d);
    const bool backward = direction == "reverse" || d == 1;
    const Run result = run(c, step, x, state, weights, backward, lengths);
    for (size_t t = 0; t < steps.size(); ++t) steps[t].push_back(result.steps[t]);
    last.push_back(result.last.hidden);
    if (lstm) last_cells.push_back(result.last.cell);
  }
  std::vector<Var> every;
  every.reserve(steps.size());
  for (const std::vector<Var>& both : steps) every.push_back(stack(both, 0));
  // y [T,D,N,H], y_h [D,N,H]; with the batch first [N,T,D,H] and [N,D,H].
  const auto state_of = [&](const std::vector<Var>& parts) {
    return stack(parts, batch_first ? 1 : 0);
  };
  Var y = stack(every, 0);
  if (batch_first) y = permute(y, {2, 0, 1, 3});
  Outputs outputs = {{y, c.type(0), {}}, {state_of(last), c.type(0), {}}};
  if (lstm) outputs.push_back({state_of(last_cells), c.type(0), {}});
  return outputs;
}

Outputs rnn_of(const Call& c) {
  return recurrent(c, rnn_step, 1, {"Tanh"});
}
Outputs gru_of(const Call& c) {
  (void)c.whole("linear_before_reset", 0);
  return recurrent(c, gru_step, 3, {"Sigmoid", "Tanh"});
}
Outputs lstm_of(const Call& c) {
  (void)c.whole("input_forget", 0);
  return recurrent(c, lstm_step, 4, {"Sigmoid", "Tanh", "Tanh"});
}

}  // namespace

std::vector<Operator> recurrent_operators() {
  return {{"RNN", rnn_of}, {"GRU", gru_of}, {"LSTM", lstm_of}};
}

}  // namespace autonet::exchange
