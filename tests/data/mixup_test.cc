// Examples of a batch mixed with each other.
#include "data/mixup.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "autonet/autograd/error.h"

namespace autonet::internal {
namespace {

std::vector<double> draws(double alpha, int count) {
  Random random(5, 1);
  std::vector<double> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(draw_beta(random, alpha));
  return numbers;
}

}  // namespace

TEST_CASE("rows mixed by hand, along a cycle, with a row that is its own partner") {
  const Mixing cycle{.partners = {1, 2, 0}, .shares = {0.5, 1.0, 0.25}};
  Array rows = Array::from<float>({3, 2}, {1, 2, 3, 4, 5, 6});
  mix(cycle, rows);
  CHECK(rows.to_vector() == std::vector<double>{2, 3, 3, 4, 2, 3});
  const Mixing pairs{.partners = {3, 1, 2, 0}, .shares = {0.75, 0.5, 0.125, 0.25}};
  Array numbers = Array::from<double>({4, 1}, {8, 2, 5, 16});
  mix(pairs, numbers);
  CHECK(numbers.to_vector() == std::vector<double>{10, 2, 5, 10});
  Array one = Array::from<float>({1, 1}, {3});
  CHECK_THROWS_WITH_AS(mix(cycle, one), "mixing: 3 rows are expected, got [1,1]", Error);
}

TEST_CASE("shares have the mean and variance of the beta distribution, and are uniform for 1") {
  for (const double alpha : {0.1, 0.4, 1.0, 5.0}) {
    CAPTURE(alpha);
    double sum = 0.0;
    double squares = 0.0;
    for (const double share : draws(alpha, 20000)) {
      CHECK(share >= 0.0);
      CHECK(share <= 1.0);
      sum += share;
      squares += (share - 0.5) * (share - 0.5);
    }
    CHECK(sum / 20000 == doctest::Approx(0.5).epsilon(0.02));
    CHECK(squares / 20000 == doctest::Approx(1.0 / (8.0 * alpha + 4.0)).epsilon(0.03));
  }
  int tenths[10] = {};
  for (const double share : draws(1.0, 20000)) ++tenths[static_cast<int>(share * 10.0)];
  for (const int count : tenths) CHECK(std::abs(count - 2000) < 200);
  // Both gamma numbers are then too small for a double.
  for (const double share : draws(1e-4, 1000)) {
    CHECK(std::isfinite(share));
    CHECK(std::min(share, 1.0 - share) < 0.01);
  }
}

TEST_CASE("a mixing depends on seed and step alone; every example is the partner of one") {
  const Mixing a = draw_mixing(0.4, 50, 3, 7);
  const Mixing again = draw_mixing(0.4, 50, 3, 7);
  CHECK(a.partners == again.partners);
  CHECK(a.shares == again.shares);
  CHECK(draw_mixing(0.4, 50, 3, 8).partners != a.partners);
  CHECK(draw_mixing(0.4, 50, 3, 8).shares != a.shares);
  CHECK(draw_mixing(0.4, 50, 4, 7).shares != a.shares);
  std::vector<Index> partners = a.partners;
  std::ranges::sort(partners);
  for (Index i = 0; i < 50; ++i) CHECK(partners[static_cast<size_t>(i)] == i);
}

}  // namespace autonet::internal
