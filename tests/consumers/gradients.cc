// A host program that uses the core alone.
#include <autonet/autograd/grad.h>
#include <autonet/autograd/tape.h>
#include <autonet/ops/arithmetic.h>
#include <autonet/ops/math.h>

#include <cmath>
#include <cstdio>

int main() {
  autonet::Tape tape;
  const autonet::Var x = tape.variable(autonet::Array::scalar(0.7, autonet::DType::f64));
  const autonet::Var slope = autonet::grad(tanh(x * x), x);
  const double second = autonet::grad(slope, x).item();
  const double t = std::tanh(0.49);
  const double s = 1 - t * t;
  const double by_hand = 2 * s - 8 * 0.49 * t * s;
  std::printf("tanh(x^2)'' at 0.7: %.6f\n", second);
  return std::abs(second - by_hand) < 1e-12 ? 0 : 1;
}
