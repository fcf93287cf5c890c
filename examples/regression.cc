// Regression on the host's own memory, without JSON: a line, then a small network. The numbers stay
// where they are; autonet reads them through views.
#include <autonet/autonet.h>

#include <cmath>
#include <cstdio>
#include <vector>

using namespace autonet;

int main() {
  // 200 points of z = sin(3 x) + y / 2.
  constexpr Index kPoints = 200;
  std::vector<float> inputs;
  std::vector<float> targets;
  Random random(7);
  for (Index i = 0; i < kPoints; ++i) {
    const double x = random.uniform(-1, 1);
    const double y = random.uniform(-1, 1);
    inputs.push_back(static_cast<float>(x));
    inputs.push_back(static_cast<float>(y));
    targets.push_back(static_cast<float>(std::sin(3 * x) + y / 2));
  }
  const Array x = view(inputs, {kPoints, 2});
  const Array y = view(targets, {kPoints, 1});

  // A line, with the optimizer called by hand: record once, then replay.
  Context context;
  Array w = Array::zeros({{2, 1}, DType::f32});
  Array b = Array::zeros({{1}, DType::f32});
  {
    Tape tape(context);
    const Var wv = tape.variable(w);
    const Var bv = tape.variable(b);
    const Var loss = mean_squared_error(matmul(tape.constant(x), wv) + bv, tape.constant(y));
    std::vector<Var> outputs = grad(loss, {wv, bv});
    outputs.push_back(loss);
    Program step(context, {}, outputs);
    Optimizer optimizer(sgd(0.3));
    for (int i = 0; i < 200; ++i) {
      step.run();
      optimizer.step({w, b}, {step.output(0), step.output(1)});
    }
    std::printf("a line: z = %.2f x + %.2f y + %.2f, mean squared error %.4f\n", w.at({0, 0}),
                w.at({1, 0}), b.at({0}), step.output(2).item());
  }

  // A network with one hidden layer, by a Trainer.
  Parameters p(1);
  const auto net = [&](Var in) {
    return linear(tanh(linear(in, p("hidden", {2, 16}))), p("out", {16, 1}));
  };
  Trainer step(context, p, adam(1e-2),
               [&](Var in, Var out) { return mean_squared_error(net(in), out); });
  double loss = 0;
  for (std::uint64_t epoch = 0; epoch < 300; ++epoch) {
    for (const auto& [in, out] : batches(x, y, 32, epoch)) loss = step(in, out);
  }
  std::printf("a network of 16 hidden units: mean squared error %s 0.01 in the last batch\n",
              loss < 0.01 ? "below" : "above");
  return loss < 0.01 ? 0 : 1;
}
