// Softmax and cross-entropy: values worked out by hand, tails, and error texts.
#include <doctest/doctest.h>

#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/random.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/math.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "tests/ops/hand_values.h"

namespace autonet {
namespace {

TEST_CASE_FIXTURE(Fixture, "softmax and cross-entropy, also at huge logits") {
  check_close(softmax(of({1, 2}, {0, std::log(3.0)})), {0.25, 0.75});
  const Var z = of({2, 3}, {1e4, -1e4, 0, 0, 0, 0});
  const Var labels = of({2}, {1, 2});
  const Var loss = softmax_cross_entropy(z, labels);
  CHECK(loss.item() == doctest::Approx((2e4 + std::log(3.0)) / 2));
  check_close(grad(loss, z), {0.5, -0.5, 0, 1.0 / 6, 1.0 / 6, -1.0 / 3});
  const Var probabilities = of({2, 3}, {0.5, 0.25, 0.25, 0, 0, 1});
  CHECK(softmax_cross_entropy(of({2, 3}, {0, 0, 0, 0, 0, 0}), probabilities).item() ==
        doctest::Approx(std::log(3.0)));
  // Smoothing 0.3 on three classes: the target becomes 0.8, 0.1, 0.1.
  const Var one = of({1, 3}, {1, 2, 3});
  const double log_sum = std::log(std::exp(1.0) + std::exp(2.0) + std::exp(3.0));
  CHECK(softmax_cross_entropy(one, of({1}, {0}), 0.3).item() ==
        doctest::Approx(log_sum - (0.8 * 1 + 0.1 * 2 + 0.1 * 3)));
  CHECK(mean_squared_error(of({2}, {1, 5}), of({2}, {2, 3})).item() == 2.5);
  CHECK(mean_squared_error(of({2}, {1, 5}), of({}, {2})).item() == 5.0);
  CHECK_THROWS_WITH_AS(mean_squared_error(of({2, 1}, {1, 5}), of({2}, {2, 3})),
                       "mean_squared_error: a is [2,1] but b is [2]; they must have one shape, or "
                       "one must be a scalar: reshape() them",
                       Error);
  CHECK_THROWS_WITH_AS(
      softmax_cross_entropy(z, of({2}, {0, 3})).value(),
      "softmax_cross_entropy: label 3 at [1] is none of the 3 classes; it must be a "
      "whole number from 0 to 2",
      Error);
  CHECK_THROWS_WITH_AS(softmax_cross_entropy(z, of({3}, {0, 1, 2})),
                       "softmax_cross_entropy: 2 images but 3 labels; logits [2,3], labels [3]",
                       Error);
  CHECK_THROWS_WITH_AS(softmax_cross_entropy(z, labels, 1.5),
                       "softmax_cross_entropy: smoothing must be between 0 and 1, got 1.5", Error);
}

TEST_CASE_FIXTURE(Fixture,
                  "log_softmax and cross-entropy keep their digits where the loss is tiny") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const double epsilon = dtype == DType::f32 ? 1e-6 : 1e-14;
    for (const double margin : {5.0, 17.0, 40.0, 80.0}) {
      INFO(std::string(name_of(dtype)), ", margin ", margin);
      // Seventeen classes: more than a vector. The largest comes last, first, and in the middle.
      for (const Index label : {0, 9, 16}) {
        Array logits = Array::zeros({{1, 17}, dtype});
        logits.set({0, label}, margin);
        const Var z = tape.variable(logits);
        const double others = 16 * std::exp(-margin);
        const double p = std::exp(-margin) / (1 + others);  // of every other class
        const auto close = [&](double got, double expected) {
          CHECK(std::abs(got - expected) <= (epsilon + margin * epsilon / 4) * std::abs(expected));
        };
        const Var labels = tape.variable(Array::full({{1}, dtype}, static_cast<double>(label)));
        const Var loss = softmax_cross_entropy(z, labels);
        close(loss.item(), std::log1p(others));
        const Var log_p = log_softmax(z);
        close(log_p.value().at({0, label}), -std::log1p(others));
        const Var by_log_p = -sum(log_p * one_hot(labels, 17));
        for (const Var zbar : {grad(loss, z), grad(by_log_p, z)}) {
          for (Index k = 0; k < 17; ++k) {
            close(zbar.value().at({0, k}), k == label ? -others / (1 + others) : p);
          }
        }
      }
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "every label counts in the loss of a large batch, f32") {
  const Index images = 2 * 256 + 77;  // more than one piece of rows
  Random random(5);
  Array logits = Array::uninitialized({{images, 3}, DType::f64});
  for (Index i = 0; i < logits.size(); ++i) logits.data<double>()[i] = random.normal();
  Array labels = Array::zeros({{images}, DType::f64});
  for (Index n = 0; n < images; ++n) labels.data<double>()[n] = static_cast<double>(n % 3);
  const auto loss_of = [&](DType dtype) {
    return softmax_cross_entropy(tape.variable(logits.to(dtype)), tape.variable(labels.to(dtype)))
        .item();
  };
  double expected = 0.0;
  for (Index n = 0; n < images; ++n) {
    const double* z = logits.data<double>() + 3 * n;
    expected += std::log(std::exp(z[0]) + std::exp(z[1]) + std::exp(z[2])) - z[n % 3];
  }
  expected /= static_cast<double>(images);
  CHECK(loss_of(DType::f64) == doctest::Approx(expected).epsilon(1e-14));
  CHECK(loss_of(DType::f32) == doctest::Approx(expected).epsilon(2e-7));
}

}  // namespace
}  // namespace autonet
