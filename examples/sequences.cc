// Two building blocks of sequence models, written from ops and trained for some steps: an LSTM cell
// (S. Hochreiter, J. Schmidhuber, 1997) that adds up what it reads, and a block of self-attention
// (A. Vaswani et al., arXiv:1706.03762) that finds the largest number of a sequence.
#include <autonet/autonet.h>

#include <cmath>
#include <cstdio>
#include <vector>

using namespace autonet;

namespace {

constexpr Index kBatch = 32;
constexpr Index kLength = 6;
constexpr Index kUnits = 16;

/// What an LSTM keeps from one step to the next, both [N,units].
struct LstmState {
  Var hidden;
  Var cell;
};

/// One step of an LSTM on x [N,inputs]: gates i, f, o and candidate g from one linear layer.
LstmState lstm_step(Var x, const LstmState& before, Parameters& p) {
  const Index inputs = x.shape()[1] + kUnits;
  const Var z = linear(concat({x, before.hidden}, 1), p("lstm", {inputs, 4 * kUnits}));
  const auto part = [&](Index k) { return slice(z, 1, k * kUnits, kUnits); };
  const Var input = sigmoid(part(0));
  const Var forget = sigmoid(part(1) + 1.0);  // remembers at the start of training
  const Var output = sigmoid(part(2));
  const Var cell = forget * before.cell + input * tanh(part(3));
  return {output * tanh(cell), cell};
}

/// The LSTM's answer to sequences x [N,length]: [N,1].
Var lstm(Var x, Parameters& p) {
  const Var zero = filled(x.tape(), {{x.shape()[0], kUnits}, x.dtype()}, 0.0);
  LstmState state{zero, zero};
  for (Index t = 0; t < x.shape()[1]; ++t) state = lstm_step(slice(x, 1, t, 1), state, p);
  return linear(state.hidden, p("lstm_out", {kUnits, 1}));
}

/// softmax(q k^T / sqrt(d)) v for x [N,length,d].
Var self_attention(Var x, Parameters& p) {
  const Index d = x.shape()[2];
  const Var q = linear(x, p("query", {d, d}));
  const Var k = linear(x, p("key", {d, d}));
  const Var v = linear(x, p("value", {d, d}));
  const Var scores = matmul(q, swap_axes(k, 1, 2)) / std::sqrt(static_cast<double>(d));
  return matmul(softmax(scores), v);
}

/// The answer of a block of attention to sequences x [N,length]: [N,1].
Var attention(Var x, Parameters& p) {
  const Index n = x.shape()[0];
  const Index length = x.shape()[1];
  const Var embedded = tanh(linear(reshape(x, {n, length, 1}), p("embed", {1, kUnits})));
  const Var mixed = embedded + self_attention(embedded, p);  // a residual connection
  const Var pooled = max(tanh(linear(mixed, p("mix", {kUnits, kUnits}))), {1});
  return linear(pooled, p("attention_out", {kUnits, 1}));
}

/// Trains `net` to give `target` of random sequences; the mean loss of the first and last ten
/// steps.
template <typename Net, typename Target>
bool learns(const char* what, Context& context, Net net, Target target) {
  Parameters p(5);
  Trainer step(context, p, adam(1e-2),
               [&](Var x, Var y) { return mean_squared_error(net(x, p), y); });
  Random random(6);
  std::vector<float> x(kBatch * kLength);
  std::vector<float> y(kBatch);
  constexpr int kSteps = 400;
  double first = 0;
  double last = 0;
  for (int i = 0; i < kSteps; ++i) {
    for (size_t n = 0; n < y.size(); ++n) {
      const std::span<float> row = std::span(x).subspan(n * kLength, kLength);
      for (float& number : row) number = static_cast<float>(random.uniform(-1, 1));
      y[n] = target(row);
    }
    const double loss = step(view(x, {kBatch, kLength}), view(y, {kBatch, 1}));
    (i < 10 ? first : last) += i < 10 || i >= kSteps - 10 ? loss / 10 : 0.0;
  }
  std::printf("%s: mean squared error %.2f before, %s 0.05 after %d steps\n", what, first,
              last < 0.05 ? "below" : "above", kSteps);
  return last < 0.05;
}

}  // namespace

int main() {
  Context context;
  const bool adds = learns("LSTM that adds", context, lstm, [](std::span<const float> row) {
    float sum = 0;
    for (const float number : row) sum += number;
    return sum;
  });
  const bool finds =
      learns("attention that finds the largest", context, attention,
             [](std::span<const float> row) { return *std::max_element(row.begin(), row.end()); });
  return adds && finds ? 0 : 1;
}
