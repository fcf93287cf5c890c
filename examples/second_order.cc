// Second derivatives at work: a gradient penalty on a convolutional net, whose training needs the
// gradient of a gradient, and a differential equation solved by a network.
#include <autonet/autonet.h>

#include <cmath>
#include <cstdio>
#include <numbers>
#include <vector>

using namespace autonet;

namespace {

/// Trains a critic of 8 x 8 images with a penalty that holds the length of its gradient at 1
/// (I. Gulrajani et al., arXiv:1704.00028). Returns the mean length before and after.
void gradient_penalty(Context& context, double& before, double& after) {
  Random random(3);
  std::vector<float> numbers(1024);  // 16 images of 8 x 8
  for (float& number : numbers) number = static_cast<float>(random.uniform(-1, 1));
  const Array images = view(numbers, {16, 8, 8, 1});

  Parameters p(2);
  const auto critic = [&](Var x) {
    const Var hidden = tanh(conv2d(x, p("conv", {3, 3, 1, 8}), same(3)));
    return sum(linear(flatten(hidden), p("out", {512, 1})));
  };
  // |d critic / d image| for each image.
  const auto lengths = [&](Var x) {
    return sqrt(sum(square(grad(critic(x), x)), {1, 2, 3}) + 1e-12);
  };
  Trainer step(context, p, adam(3e-3), [&](Var x) {
    return mean(square(lengths(x) - 1.0)) + 0.0 * critic(x);  // the critic's own loss would go here
  });
  const auto measure = [&] {
    Tape tape(context);
    return mean(lengths(tape.constant(images))).item();
  };
  before = measure();
  for (int i = 0; i < 200; ++i) step(images);
  after = measure();
}

/// Solves u'' = -pi^2 sin(pi x) with u(-1) = u(1) = 0, whose solution is u = sin(pi x), by a
/// network whose residual is trained to be zero (M. Raissi et al., arXiv:1711.10561). Returns the
/// largest error of u on a grid.
double physics_residual(Context& context) {
  constexpr Index kPoints = 41;
  std::vector<double> places;
  for (Index i = 0; i < kPoints; ++i) places.push_back(-1.0 + 0.05 * static_cast<double>(i));
  const Array grid = view(places, {kPoints, 1});

  Parameters p(4, DType::f64);
  // The factor 1 - x^2 makes u zero at both ends.
  const auto u = [&](Var x) {
    const Var hidden = tanh(linear(x, p("hidden", {1, 20})));
    return (1.0 - square(x)) * linear(hidden, p("out", {20, 1}));
  };
  Trainer step(context, p, adam(1e-2), [&](Var x) {
    // Each u_i depends on its own x_i alone, so the gradient of the sum holds all du_i/dx_i.
    const Var first = grad(sum(u(x)), x);
    const Var second = grad(sum(first), x);
    const double pi = std::numbers::pi;
    return mean(square(second + pi * pi * sin(pi * x)));
  });
  for (int i = 0; i < 3000; ++i) {
    step.optimizer().settings().learning_rate = i < 2000 ? 1e-2 : 1e-3;
    step(grid);
  }
  Tape tape(context);
  const std::vector<double> found = u(tape.constant(grid)).value().to_vector();
  double worst = 0;
  for (size_t i = 0; i < found.size(); ++i)
    worst = std::max(worst, std::abs(found[i] - std::sin(std::numbers::pi * places[i])));
  return worst;
}

}  // namespace

int main() {
  Context context;
  double before = 0;
  double after = 0;
  gradient_penalty(context, before, after);
  std::printf("gradient penalty: mean length %.2f before, %.2f after\n", before, after);
  const double worst = physics_residual(context);
  std::printf("u'' = -pi^2 sin(pi x): largest error of u %s 0.02\n", worst < 0.02 ? "<" : ">=");
  return std::abs(after - 1.0) < 0.05 && worst < 0.02 ? 0 : 1;
}
