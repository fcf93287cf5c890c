// Comparisons, choices, limits and the functions of math.h: values and rules worked out by hand,
// and error texts.
#include "autonet/ops/compare.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/ops/math.h"
#include "autonet/ops/reduce.h"
#include "tests/ops/hand_values.h"

namespace autonet {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kPi = std::numbers::pi;

}  // namespace

TEST_CASE_FIXTURE(Fixture, "comparisons give 0 or 1, and have no derivative") {
  const Var a = of({4}, {1, 2, 3, kNan});
  const Var b = of({4}, {2, 2, 2, 2});
  CHECK(numbers(greater(a, b)) == Numbers{0, 0, 1, 0});
  CHECK(numbers(greater_equal(a, b)) == Numbers{0, 1, 1, 0});
  CHECK(numbers(less(a, b)) == Numbers{1, 0, 0, 0});
  CHECK(numbers(less_equal(a, b)) == Numbers{1, 1, 0, 0});
  CHECK(numbers(equal(a, b)) == Numbers{0, 1, 0, 0});
  CHECK(numbers(not_equal(a, b)) == Numbers{1, 0, 1, 1});
  CHECK(numbers(greater(a, 1.5)) == Numbers{0, 1, 1, 0});
  CHECK(numbers(greater_equal(a, 2.0)) == Numbers{0, 1, 1, 0});
  CHECK(numbers(less(a, 2.0)) == Numbers{1, 0, 0, 0});
  CHECK(numbers(less_equal(a, 2.0)) == Numbers{1, 1, 0, 0});
  CHECK(numbers(equal(a, 3.0)) == Numbers{0, 0, 1, 0});
  CHECK(numbers(not_equal(a, 3.0)) == Numbers{1, 1, 0, 1});
  CHECK(numbers(greater(of({2, 1}, {1, 3}), of({2}, {0, 2}))) == Numbers{1, 0, 1, 1});
  CHECK(numbers(grad(sum(greater(a, b)), a)) == Numbers{0, 0, 0, 0});
  CHECK_THROWS_WITH_AS(greater(a, of({3}, {1, 2, 3})),
                       "greater: shapes do not broadcast: axis 0 has 4 and 3; the shapes are [4] "
                       "and [3]",
                       Error);
  CHECK_THROWS_WITH_AS(less(a, tape.variable(Array::zeros({{4}, DType::f32}))),
                       "less: a is f64 but b is f32; a [4], b [4]", Error);
}

TEST_CASE_FIXTURE(Fixture, "where takes each number from one side, and lets nothing else through") {
  const Var condition = of({4}, {1, 0, -2, 0});
  const Var a = of({4}, {1, kInfinite, 3, kNan});
  const Var b = of({4}, {kNan, 20, kInfinite, 40});
  const Var y = where(condition, a, b);
  CHECK(numbers(y) == Numbers{1, 20, 3, 40});
  const Var w = of({4}, {5, 6, 7, 8});
  CHECK(numbers(grad(sum(w * y), a)) == Numbers{5, 0, 7, 0});
  CHECK(numbers(grad(sum(w * y), b)) == Numbers{0, 6, 0, 8});
  CHECK(numbers(grad(sum(w * y), condition)) == Numbers{0, 0, 0, 0});
  // A stretched side gets the sum of its cotangents.
  CHECK(numbers(grad(sum(w * where(condition, of({}, {2}), b)), b)) == Numbers{0, 6, 0, 8});
  const Var one = of({}, {2});
  CHECK(grad(sum(w * where(condition, one, b)), one).item() == 12);
  CHECK_THROWS_WITH_AS(where(condition, a, of({3}, {1, 2, 3})),
                       "where: shapes do not broadcast: axis 0 has 4 and 3; the shapes are [4] and "
                       "[3]",
                       Error);
  CHECK_THROWS_WITH_AS(where(condition, a, tape.variable(Array::zeros({{4}, DType::f32}))),
                       "where: needs three arrays of one dtype; condition [4] f64, a [4] f64, b "
                       "[4] f32",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "maximum and minimum give a tie's cotangent to a") {
  const Var a = of({4}, {1, 2, 3, kNan});
  const Var b = of({4}, {2, 2, 2, 2});
  CHECK(numbers(maximum(a, b))[0] == 2);
  CHECK(numbers(maximum(a, b))[2] == 3);
  CHECK(std::isnan(numbers(maximum(a, b))[3]));
  CHECK(std::isnan(numbers(maximum(b, a))[3]));
  CHECK(std::isnan(numbers(minimum(a, b))[3]));
  CHECK(std::isnan(numbers(minimum(b, a))[3]));
  const Var x = of({3}, {1, 2, 3});
  const Var z = of({3}, {2, 2, 2});
  CHECK(numbers(minimum(x, z)) == Numbers{1, 2, 2});
  CHECK(numbers(grad(sum(maximum(x, z)), x)) == Numbers{0, 1, 1});
  CHECK(numbers(grad(sum(maximum(x, z)), z)) == Numbers{1, 0, 0});
  CHECK(numbers(grad(sum(minimum(x, z)), x)) == Numbers{1, 1, 0});
  CHECK(numbers(grad(sum(minimum(x, z)), z)) == Numbers{0, 0, 1});
  CHECK(numbers(maximum(x, 2.5)) == Numbers{2.5, 2.5, 3});
  CHECK(numbers(minimum(x, 2.5)) == Numbers{1, 2, 2.5});
}

TEST_CASE_FIXTURE(Fixture, "clip limits, and its gradient is 1 between and at the limits") {
  const Var x = of({5}, {-2, -1, 0, 1, 2});
  CHECK(numbers(clip(x, -1, 1)) == Numbers{-1, -1, 0, 1, 1});
  CHECK(numbers(grad(sum(clip(x, -1, 1)), x)) == Numbers{0, 1, 1, 1, 0});
  CHECK(std::isnan(clip(of({}, {kNan}), -1, 1).item()));
  CHECK_THROWS_WITH_AS(clip(x, 2, 1), "clip: low must be at most high, got 2 and 1", Error);
  CHECK_THROWS_WITH_AS(clip(x, kNan, 1), "clip: low must be at most high, got nan and 1", Error);
}

TEST_CASE_FIXTURE(Fixture, "circular functions, log1p and powers") {
  const double root = std::sqrt(0.5);
  check_close(sin(of({3}, {0, kPi / 2, kPi / 4})), {0, 1, root});
  check_close(cos(of({3}, {0, kPi, kPi / 4})), {1, -1, root});
  check_close(tan(of({2}, {0, kPi / 4})), {0, 1});
  check_close(log1p(of({2}, {0, std::exp(2.0) - 1})), {0, 2});
  CHECK(log1p(of({}, {1e-20})).item() == 1e-20);
  check_close(atan2(of({5}, {0, 1, 1, -1, 0}), of({5}, {1, 1, -1, -1, -1})),
              {0, kPi / 4, 3 * kPi / 4, -3 * kPi / 4, kPi});
  const Var a = of({3}, {2, 9, 0});
  const Var b = of({3}, {3, 0.5, 2});
  check_close(pow(a, b), {8, 3, 0});
  check_close(grad(sum(pow(a, b)), a), {12, 0.5 / 3, 0});
  check_close(grad(sum(pow(a, b)), b), {8 * std::log(2), 3 * std::log(9), 0});
}

TEST_CASE_FIXTURE(Fixture, "a number divided by an array, and operators that assign") {
  const Var x = of({2}, {2, 4});
  const Var y = 1.0 / x;
  CHECK(numbers(y) == Numbers{0.5, 0.25});
  CHECK(numbers(grad(sum(y), x)) == Numbers{-0.25, -0.0625});
  Var z = x;
  z += x;
  CHECK(numbers(z) == Numbers{4, 8});
  z -= 1.0;
  CHECK(numbers(z) == Numbers{3, 7});
  z *= x;
  CHECK(numbers(z) == Numbers{6, 28});
  z /= 2.0;
  CHECK(numbers(z) == Numbers{3, 14});
  CHECK(numbers(x) == Numbers{2, 4});
  CHECK(numbers(grad(sum(z), x)) == Numbers{3.5, 7.5});  // z = (2 x - 1) x / 2
}

}  // namespace autonet
