// Losses: values worked out by hand, at both tails, and error texts.
#include "autonet/ops/losses.h"

#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/ops/softmax.h"
#include "tests/ops/hand_values.h"

namespace autonet {

TEST_CASE_FIXTURE(Fixture, "cross_entropy with weights, ignored labels and pixels") {
  const double third = std::log(3.0);
  // Equal logits give each of three classes 1/3.
  const Var z = of({2, 3}, {1, 1, 1, 2, 2, 2});
  CHECK(cross_entropy(z, of({2}, {0, 2})).item() == doctest::Approx(third));
  const Var odd = of({3, 2}, {1, 2, 0, -1, 3, 3});
  const Var labels = of({3}, {0, 1, 1});
  CHECK(cross_entropy(odd, labels).item() ==
        doctest::Approx(softmax_cross_entropy(odd, labels).item()));
  CHECK(cross_entropy(odd, labels, {.smoothing = 0.1}).item() ==
        doctest::Approx(softmax_cross_entropy(odd, labels, 0.1).item()));
  // -ln softmax: ln(1 + e) = 1.31326 for the first two, ln 2 for the last.
  const double first = std::log(1 + std::exp(1.0));
  const double last = std::log(2.0);
  const Var weights = of({2}, {1, 3});
  CHECK(cross_entropy(odd, labels, {.class_weights = weights}).item() ==
        doctest::Approx((first + 3 * first + 3 * last) / 7));
  const CrossEntropyOptions but_zero{.ignored_label = 0};
  CHECK(cross_entropy(odd, labels, but_zero).item() == doctest::Approx((first + last) / 2));
  // A label that is no class may be the one that is ignored, and its logits get no gradient.
  const Var masked = of({3}, {255, 1, 1});
  const Var loss = cross_entropy(odd, masked, {.ignored_label = 255});
  CHECK(loss.item() == doctest::Approx((first + last) / 2));
  const Numbers bar = numbers(grad(loss, odd));
  CHECK(bar[0] == 0);
  CHECK(bar[1] == 0);
  CHECK(bar[4] == doctest::Approx(0.25));
  CHECK(std::isnan(cross_entropy(odd, of({3}, {0, 0, 0}), but_zero).item()));
  // The same numbers as pixels.
  const Var pixels = of({1, 3, 1, 2}, {1, 2, 0, -1, 3, 3});
  CHECK(cross_entropy(pixels, of({1, 3, 1}, {0, 1, 1})).item() ==
        doctest::Approx(cross_entropy(odd, labels).item()));
}

TEST_CASE_FIXTURE(Fixture, "cross_entropy refuses what does not fit") {
  const Var z = of({2, 3}, {1, 1, 1, 2, 2, 2});
  const Var labels = of({2}, {0, 2});
  CHECK_THROWS_WITH_AS(cross_entropy(z, of({3}, {0, 1, 2})),
                       "cross_entropy: needs logits [...,K] and labels [...] of one dtype; logits "
                       "[2,3] f64, labels [3] f64",
                       Error);
  CHECK_THROWS_WITH_AS(cross_entropy(z, labels, {.class_weights = of({2}, {1, 1})}),
                       "cross_entropy: needs one weight for each of 3 classes, got [2]", Error);
  CHECK_THROWS_WITH_AS(cross_entropy(z, labels, {.smoothing = 2}),
                       "cross_entropy: smoothing must be between 0 and 1, got 2", Error);
  CHECK_THROWS_WITH_AS(
      cross_entropy(of({1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}), of({1, 2, 2}, {0, 1, -1, 0}))
          .value(),
      "cross_entropy: label -1 at [0,1,0] is none of the 2 classes; it must be a "
      "whole number from 0 to 1",
      Error);
  CHECK_THROWS_WITH_AS(cross_entropy(z, of({2}, {0, 3})).value(),
                       "cross_entropy: label 3 at [1] is none of the 3 classes; it must be a whole "
                       "number from 0 to 2",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "binary_cross_entropy keeps its digits at both tails") {
  CHECK(binary_cross_entropy(of({1}, {0}), of({1}, {1})).item() == doctest::Approx(std::log(2.0)));
  CHECK(binary_cross_entropy(of({1}, {40}), of({1}, {1})).item() ==
        doctest::Approx(std::exp(-40.0)).epsilon(1e-12));
  CHECK(binary_cross_entropy(of({1}, {40}), of({1}, {0})).item() == 40);
  CHECK(binary_cross_entropy(of({1}, {-1000}), of({1}, {1})).item() == 1000);
  const Var z = of({2}, {0, 0});
  check_close(grad(binary_cross_entropy(z, of({2}, {1, 0})), z), {-0.25, 0.25});
  CHECK_THROWS_WITH_AS(binary_cross_entropy(z, of({1}, {1})),
                       "binary_cross_entropy: needs two arrays of one type, got [2] f64 and [1] "
                       "f64",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "huber_loss is quadratic, then linear") {
  const Var a = of({3}, {0.5, -3, 1});
  const Var zero = of({3}, {0, 0, 0});
  CHECK(huber_loss(a, zero).item() == doctest::Approx((0.125 + 2.5 + 0.5) / 3));
  CHECK(huber_loss(a, zero, 2).item() == doctest::Approx((0.125 + 4 + 0.5) / 3));
  check_close(grad(huber_loss(a, zero), a), {0.5 / 3, -1.0 / 3, 1.0 / 3});
  CHECK_THROWS_WITH_AS(huber_loss(a, zero, 0), "huber_loss: delta must be positive, got 0", Error);
  CHECK_THROWS_WITH_AS(huber_loss(a, of({1}, {1})),
                       "huber_loss: needs two arrays of one type, got [3] f64 and [1] f64", Error);
}

}  // namespace autonet
