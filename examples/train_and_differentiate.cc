// A host program: records a small network, checks a second derivative, and trains.
#include <cstdio>

#include <autonet/autonet.h>

using namespace autonet;

int main() {
  // Record a computation. Its gradient is recorded on the same tape, and can be differentiated
  // again.
  Tape tape;
  const Var x = tape.variable(Array::scalar(0.5, DType::f64), "x");
  const Var y = x * x * x;
  const Var slope = grad(y, x);
  std::printf("y = x^3 at 0.5: y' = %.3f, y'' = %.3f\n", slope.item(), grad(slope, x).item());

  // Fit y = w x + b to four points: plan one step, then replay it.
  const Array w = Array::scalar(0.0, DType::f64), b = Array::scalar(0.0, DType::f64);
  const Array points = Array::from<double>({4}, {0, 1, 2, 3});
  const Array targets = Array::from<double>({4}, {1, 3, 5, 7});
  Tape step;
  const Var wv = step.variable(w, "w"), bv = step.variable(b, "b");
  const Var loss = mean_squared_error(wv * step.constant(points) + bv, step.constant(targets));
  const std::vector<Var> parameters{wv, bv};
  std::vector<Var> outputs = grad(loss, parameters);
  outputs.push_back(loss);
  Context context;
  Program program(context, {}, outputs);
  Array weights[] = {w, b};
  for (int i = 0; i < 200; ++i) {
    program.run();
    for (size_t p = 0; p < 2; ++p) {
      weights[p].set({}, weights[p].item() - 0.1 * program.output(p).item());
    }
  }
  std::printf("fitted y = %.3f x + %.3f, loss %.1e\n", w.item(), b.item(),
              program.output(2).item());
  return program.output(2).item() < 1e-6 ? 0 : 1;
}
