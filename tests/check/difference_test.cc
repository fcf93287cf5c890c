// Slopes by differences: how exact they are, and what they say at kinks and under rounding.
#include "check/difference.h"

#include <doctest/doctest.h>

#include <cmath>

namespace autonet::internal {
namespace {

Slope slope_of(const std::function<double(double)>& f, double step = 4e-3) {
  const auto array = [&](double h) { return Array::scalar(f(h), DType::f64); };
  return Differences(array, step).of(0);
}

}  // namespace

TEST_CASE("smooth slopes are exact to ten digits for any first step, and say so") {
  const auto f = [](double h) { return std::exp(1.0 + h) * std::sin(3 * h); };
  for (const double step : {1.0, 1e-2, 1e-4}) {
    CAPTURE(step);
    const Slope slope = slope_of(f, step);
    CHECK(slope.kind == Slope::Kind::smooth);
    CHECK(slope.value == doctest::Approx(3 * std::exp(1.0)).epsilon(1e-10));
    CHECK(std::abs(slope.value - 3 * std::exp(1.0)) <= slope.doubt);
    CHECK(slope.doubt < 1e-7);
  }
}

TEST_CASE("a kink at the point is told by the one-sided slopes") {
  const Slope kink = slope_of([](double h) { return std::max(h, 0.0); });
  CHECK(kink.kind == Slope::Kind::kink);
  CHECK(kink.left == doctest::Approx(0.0));
  CHECK(kink.right == doctest::Approx(1.0));
  CHECK(is_subgradient(kink, 0.3, 1e-9));
  CHECK_FALSE(is_subgradient(kink, 1.1, 1e-9));
  const Slope both = slope_of([](double h) { return h < 0 ? std::exp(-2 * h) : std::exp(3 * h); });
  CHECK(both.left == doctest::Approx(-2.0).epsilon(1e-3));
  CHECK(both.right == doctest::Approx(3.0).epsilon(1e-3));
  // One farther away is outside the smaller steps.
  const Slope beside = slope_of([](double h) { return std::max(h + 2e-5, 0.0); });
  CHECK(beside.kind == Slope::Kind::smooth);
  CHECK(beside.value == doctest::Approx(1.0).epsilon(1e-8));
}

TEST_CASE("a strong bend is not a kink, and a jump is neither") {
  CHECK(slope_of([](double h) { return h + 20 * h * h; }, 1e-2).kind == Slope::Kind::smooth);
  CHECK(slope_of([](double h) { return h + 20 * h * h + 1e-2 * std::abs(h); }, 1e-2).kind ==
        Slope::Kind::kink);
  const Slope jump = slope_of([](double h) { return h + (h > 0 ? 1.0 : 0.0); });
  CHECK(jump.kind != Slope::Kind::kink);
  CHECK(jump.doubt > std::abs(jump.value));
}

TEST_CASE("if f is not finite one step away, smaller steps are used, or the slope is unknown") {
  const Slope near = slope_of([](double h) { return std::log(1e-5 + h); });
  CHECK(near.kind == Slope::Kind::smooth);
  CHECK(near.value == doctest::Approx(1e5).epsilon(1e-8));
  CHECK(slope_of([](double h) { return std::sqrt(h); }).kind == Slope::Kind::unknown);
  const Differences nowhere(
      [](double h) -> std::optional<Array> {
        if (h != 0.0) return std::nullopt;
        return Array::scalar(1.0, DType::f64);
      },
      1e-3);
  CHECK(nowhere.empty());
}

TEST_CASE("the doubt has the rounding of f, also far above its last place") {
  // 1e6 + sin - 1e6 rounds to multiples of 1.2e-10.
  const auto noisy = [](double h) {
    volatile double large = 1e6 + std::sin(1.0 + h);
    return large - 1e6;
  };
  const Slope slope = slope_of(noisy);
  CHECK(std::abs(slope.value - std::cos(1.0)) <= slope.doubt);
  CHECK(slope.doubt > 1e-8);
  CHECK(slope.doubt < 1e-3);
  // A value that moves by less than its rounding does not have slope 0.
  const Slope small = slope_of([&](double h) { return noisy(1e-7 * h); });
  CHECK(small.kind == Slope::Kind::unknown);
}

TEST_CASE("the slope of a sum leaves out numbers that are not asked for") {
  const Differences two(
      [](double h) {
        return Array::from<double>({3}, {std::sin(h), std::sqrt(h), std::exp(h)});
      },
      4e-3);
  const Slope slope = two.along(std::vector<double>{2.0, 0.0, 3.0});
  CHECK(slope.value == doctest::Approx(5.0).epsilon(1e-10));
}

TEST_CASE("uncertainty can excuse a difference, but confirms nothing") {
  const auto compared = [](double claimed, double known, double size, double allowed,
                           double doubt) { return compare(claimed, known, size, allowed, doubt); };
  CHECK(compared(1.0, 1.0 + 1e-9, 1.0, 1e-8, 0.0) == Agreement::agrees);
  CHECK(compared(1.0, 1.1, 1.0, 1e-8, 1e-3) == Agreement::disagrees);
  CHECK(compared(1.0, 1.001, 1.0, 1e-8, 1e-2) == Agreement::hidden);    // excused
  CHECK(compared(1.0, 1.0, 1.0, 1e-8, 1e-2) == Agreement::hidden);      // agrees by chance
  CHECK(compared(1.0, 1.00001, 1.0, 1e-8, 1e-4) == Agreement::agrees);  // known to 1 in 10,000
  CHECK(compared(1.0, 1.0, 1.0, 1e-8, 2.0) == Agreement::hidden);       // both may be zero
  CHECK(compared(0.0, 0.0, 0.0, 1e-8, 0.0) == Agreement::hidden);
  CHECK(compared(std::nan(""), 0.0, 0.0, 1e-8, HUGE_VAL) == Agreement::disagrees);
  CHECK(compared(1.0, std::nan(""), 1.0, 1e-8, 1.0) == Agreement::disagrees);
}

}  // namespace autonet::internal
