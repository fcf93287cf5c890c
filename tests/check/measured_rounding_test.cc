// Rounding measured by Monte Carlo arithmetic: cancellation shows, choices stay as they are, and
// what does not round gets no noise.
#include "check/rounding.h"

#include <doctest/doctest.h>

#include <cmath>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/op_info.h"
#include "autonet/ops/pool.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"

namespace autonet::internal {
namespace {

constexpr double kUlp = 0x1p-52;

/// The largest deviation of any number of f(x).
double rounding_of(Var (*f)(Var), const Array& x, const Format& format = kF64) {
  Context context;
  Tape tape(context);
  const Var point = tape.placeholder(x.type(), "x");
  const Var y = f(point);
  Rounding rounding(context, std::span(&point, 1), std::span(&y, 1), std::span(&x, 1));
  rounding.run();
  return rounding.largest(format, 1, 1, [&] {
    const std::vector<double> right = rounding.right().output(0).to_vector();
    const std::vector<double> disturbed = rounding.disturbed().output(0).to_vector();
    double most = 0.0;
    for (size_t k = 0; k < right.size(); ++k) {
      most = std::max(most, std::abs(disturbed[k] - right[k]));
    }
    return std::vector<double>{most};
  })[0];
}

const Array kOnes = Array::full({{6}, DType::f64}, 1.0);

}  // namespace

TEST_CASE("a result of cancellation has the rounding of the numbers that cancelled") {
  // tanh(20) is 1 - 8e-18, so 1 - y^2 is 0 in f64.
  const auto slope = [](Var x) {
    const Var y = tanh(20.0 * x);
    return 1.0 - y * y;
  };
  const double noise = rounding_of(slope, kOnes);
  CHECK(noise > 0.5 * kUlp);
  CHECK(noise < 30 * kUlp);
  // The same within one call: 1e8 + 1 - 1e8.
  const double sums =
      rounding_of([](Var x) { return sum(x); }, Array::from<double>({3}, {1e8, 1.0, -1e8}));
  CHECK(sums > 0.1 * 1e8 * kUlp);
  CHECK(sums < 30 * 1e8 * kUlp);
  const double products = rounding_of(
      [](Var x) {
        return matmul(x, x.tape().constant(Array::full({{2, 1}, DType::f64}, 1.0)));
      },
      Array::from<double>({1, 2}, {1e8, -1e8}));
  CHECK(products > 0.1 * 1e8 * kUlp);
  CHECK(products < 30 * 1e8 * kUlp);
}

TEST_CASE("without cancellation, the rounding is that of the number's size") {
  const double noise = rounding_of([](Var x) { return exp(x); }, kOnes);
  CHECK(noise > 0.1 * kUlp * std::exp(1.0));
  CHECK(noise < 10 * kUlp * std::exp(1.0));
  const double single = rounding_of([](Var x) { return exp(x); }, kOnes, kF32);
  CHECK(single > 0.1 * 0x1p-24 * std::exp(1.0));
  CHECK(single < 5 * 0x1p-24 * std::exp(1.0));
  // The smallest number of f32 is 2^-149.
  const double tiny = rounding_of([](Var x) { return x * 1e-40 * 3.0; }, kOnes, kF32);
  CHECK(tiny > 0.3 * 0x1p-150);
}

TEST_CASE("copies do not round") {
  CHECK(rounding_of([](Var x) { return reshape(x * 1.0, {2, 3}); }, kOnes) == 0.0);
  CHECK(rounding_of([](Var x) { return sum(reshape(x, {6, 1}), {1}); }, kOnes) == 0.0);
  CHECK(rounding_of([](Var x) { return relu(x); }, kOnes) == 0.0);
}

TEST_CASE("choices and labels are the same as without rounding") {
  // Which of four equal numbers gets the gradient must not be random.
  const auto gradient = [](Var x) {
    const Var images = reshape(0.1 * exp(x), {1, 4, 4, 1});
    const Var pooled = max_pool2d(images, {2, 2}, {{2, 1, 1, 0, 0}, {2, 1, 1, 0, 0}, 1});
    return grad(sum(pooled), x);
  };
  CHECK(rounding_of(gradient, Array::full({{16}, DType::f64}, 1.0)) < 20 * kUlp);
  // A ReLU with an input that is only rounding stays on its side.
  const auto beside = [](Var x) { return grad(sum(relu(x * 0.1 + 0.2 - 0.3)), x); };
  CHECK(rounding_of(beside, kOnes) < 20 * kUlp);
  // Labels computed by calls: one_hot refuses numbers that are not whole.
  const auto labels = [](Var x) {
    const Var t = x.tape().constant(Array::from<double>({3}, {0.1, 0.1, 0.0})) * 10.0;
    return softmax_cross_entropy(reshape(0.3 * x, {3, 2}), t);
  };
  CHECK(rounding_of(labels, kOnes) < 30 * kUlp);
}

}  // namespace autonet::internal
