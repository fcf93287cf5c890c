#include "check/difference.h"

#include <doctest/doctest.h>

#include <cmath>

#include "check/comparison.h"
#include "check/noise.h"

namespace autonet::internal {
namespace {

Slope slope_of(double (*phi)(double), double step = 1e-3) {
  return difference([phi](double h) { return Probe{phi(h), 0}; }, {phi(0.0), 0}, step);
}

}  // namespace

TEST_CASE("smooth slopes are exact to eleven digits for any first step") {
  const auto f = [](double h) { return std::exp(1.0 + h) * std::sin(3 * h); };
  for (const double step : {1.0, 1e-2, 1e-4}) {
    CAPTURE(step);
    const Slope slope = slope_of(f, step);
    CHECK(slope.value == doctest::Approx(3 * std::exp(1.0)).epsilon(1e-11));
    CHECK(std::abs(slope.value - 3 * std::exp(1.0)) <= slope.uncertainty);
    CHECK(slope.uncertainty < 1e-8);
    CHECK_FALSE(slope.crossed);
  }
}

TEST_CASE("a kink that no choice shows is seen in the uncertainty and the one-sided slopes") {
  const Slope kink = slope_of([](double h) { return std::max(h, 0.0); });
  CHECK(kink.left == doctest::Approx(0.0));
  CHECK(kink.right == doctest::Approx(1.0));
  // One so close to the point that every step contains it is noticed.
  const Slope straddled = slope_of([](double h) { return h + 2e-3 * std::max(h - 1e-12, 0.0); });
  CHECK(std::abs(straddled.value - 1.0) <= 1e-9 + 3 * straddled.uncertainty);
  // One farther away is outside the smaller steps.
  CHECK(slope_of([](double h) { return std::max(h + 2e-5, 0.0); }).value ==
        doctest::Approx(1.0).epsilon(1e-8));
}

TEST_CASE("a strong bend is not a kink, so it excuses nothing") {
  // On a step this wide the one-sided slopes differ by 40 %.
  const Slope bent = slope_of([](double h) { return h + 20 * h * h; }, 1e-2);
  CHECK_FALSE(on_kink(bent));
  const Slope kink = slope_of([](double h) { return h + 20 * h * h + 1e-2 * std::abs(h); }, 1e-2);
  CHECK(on_kink(kink));
  CHECK(is_subgradient(kink, 1.0, 1e-9));
  CHECK_FALSE(is_subgradient(kink, 1.1, 1e-9));
}

TEST_CASE("a step on which a choice differs is not used, whatever its slope") {
  // Below -1e-4 there is another piece, with the same value and slope where they meet.
  const auto phi = [](double h) { return Probe{std::sin(h), h < -1e-4 ? 7u : 5u}; };
  const Slope slope = difference(phi, {0.0, 5}, 1e-1);
  CHECK_FALSE(slope.crossed);
  CHECK(slope.step < 1e-4);
  CHECK(slope.value == doctest::Approx(1.0).epsilon(1e-10));
}

TEST_CASE("at a point on a kink, the one-sided slopes are reported") {
  const auto phi = [](double h) {
    return Probe{h < 0 ? std::exp(-2 * h) : std::exp(3 * h), h < 0 ? 1u : h > 0 ? 2u : 3u};
  };
  const Slope slope = difference(phi, phi(0.0), 1e-2);
  CHECK(slope.crossed);
  CHECK(slope.left == doctest::Approx(-2.0).epsilon(1e-3));
  CHECK(slope.right == doctest::Approx(3.0).epsilon(1e-3));
}

TEST_CASE("if phi is not finite one step away, a smaller step is used, or the slope is unknown") {
  const Slope near = slope_of([](double h) { return std::log(1e-5 + h); });
  CHECK_FALSE(near.outside);
  CHECK(near.value == doctest::Approx(1e5).epsilon(1e-8));
  CHECK(slope_of([](double h) { return std::sqrt(h); }).outside);
}

TEST_CASE("measured noise is far more than the last place where digits cancelled") {
  // 1e6 + sin(h) - 1e6 rounds to multiples of 1.2e-10: a standard deviation of 3.4e-11.
  const auto noisy = [](double h) {
    volatile double large = 1e6 + std::sin(1.0 + h);
    return Probe{large - 1e6, 0};
  };
  const double noise = noise_of(noisy, 1e-3).most;
  CHECK(noise > 1e-11);
  CHECK(noise < 1e-10);
  // A smooth function has the noise of its last places, a constant none.
  CHECK(noise_of([](double h) { return Probe{std::exp(1.0 + h), 0}; }, 1e-3).most < 1e-15);
  CHECK(noise_of([](double) { return Probe{3.0, 0}; }, 1e-3).most == 0.0);
  // Straight lines on both sides of a kink have no noise.
  const auto kink = [](double h) { return Probe{std::abs(h), h > 0 ? 1u : h < 0 ? 2u : 0u}; };
  CHECK(noise_of(kink, 1e-3).most < 1e-18);
  // A value that moves by less than the noise does not have slope 0.
  const auto small = [&](double h) { return noisy(1e-7 * h); };
  const Slope slope =
      difference(small, small(0.0), 1e-3, {1e-7 * std::cos(1.0), noise_of(small, 1e-3)});
  CHECK(std::abs(slope.value - 1e-7 * std::cos(1.0)) <= slope.doubt().most);
}

TEST_CASE("uncertainty can excuse a difference, but confirms nothing") {
  const auto compared = [](double claimed, double known, double size, double allowed,
                           double doubt) {
    return compare(claimed, known, size, Tolerance::of(allowed), Doubt::of(doubt));
  };
  CHECK(compared(1.0, 1.0 + 1e-9, 1.0, 1e-8, 0.0) == Agreement::agrees);
  CHECK(compared(1.0, 1.1, 1.0, 1e-8, 1e-3) == Agreement::disagrees);
  CHECK(compared(1.0, 1.001, 1.0, 1e-8, 1e-2) == Agreement::hidden);    // excused
  CHECK(compared(1.0, 1.0, 1.0, 1e-8, 1e-2) == Agreement::hidden);      // agrees by chance
  CHECK(compared(1.0, 1.00001, 1.0, 1e-8, 1e-4) == Agreement::agrees);  // known to 1 in 10,000
  CHECK(compared(1.0, 1.0, 1.0, 1e-8, 2.0) == Agreement::hidden);       // both may be zero
  CHECK(compared(0.0, 0.0, 0.0, 1e-8, 0.0) == Agreement::hidden);
  CHECK(compared(std::nan(""), 0.0, 0.0, 1e-8, HUGE_VAL) == Agreement::disagrees);
  CHECK(compared(1.0, std::nan(""), 1.0, 1e-8, 1.0) == Agreement::disagrees);
  // A number that is only within atol is not wrong, but not confirmed either.
  const Tolerance tolerance = Tolerance::of(1e-8, 1e-6, 1e-9);
  CHECK(compare(1e-8, 1.05e-8, 1e-8, tolerance, {}) == Agreement::hidden);
  CHECK(compare(1e-8, 1.2e-8, 1e-8, tolerance, {}) == Agreement::disagrees);
  CHECK(compare(1e-8, 1e-8 + 1e-13, 1e-8, tolerance, {}) == Agreement::agrees);
}

}  // namespace autonet::internal
