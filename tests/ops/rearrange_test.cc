// Stacking, splitting, repeating and converting arrays: values worked out by hand, and error texts.
#include "autonet/ops/rearrange.h"

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/reduce.h"
#include "tests/ops/hand_values.h"

namespace autonet {

TEST_CASE_FIXTURE(Fixture, "stack makes a new axis anywhere") {
  const Var a = of({2}, {1, 2});
  const Var b = of({2}, {3, 4});
  CHECK(numbers(stack({a, b})) == Numbers{1, 2, 3, 4});
  CHECK(numbers(stack({a, b}, 1)) == Numbers{1, 3, 2, 4});
  CHECK(numbers(stack({a, b}, -1)) == Numbers{1, 3, 2, 4});
  CHECK(stack({a, b, a}).shape() == Shape{3, 2});
  CHECK(numbers(grad(sum(counted({2, 2}) * stack({a, b}, 1)), b)) == Numbers{1, 3});
  CHECK_THROWS_WITH_AS(stack({}), "stack: needs at least one array", Error);
  CHECK_THROWS_WITH_AS(stack({a, of({1}, {5})}), "stack: all types must agree; [2] f64 and [1] f64",
                       Error);
  CHECK_THROWS_WITH_AS(stack({a, b}, 2), "stack: axis 2 is outside an array of 2 axes", Error);
}

TEST_CASE_FIXTURE(Fixture, "split cuts into parts that add up") {
  const Var x = counted({2, 3});
  const std::vector<Var> parts = split(x, {1, 2}, 1);
  REQUIRE(parts.size() == 2);
  CHECK(numbers(parts[0]) == Numbers{0, 3});
  CHECK(numbers(parts[1]) == Numbers{1, 2, 4, 5});
  CHECK_THROWS_WITH_AS(split(x, {1, 1}, -1),
                       "split: the lengths add up to 2 but axis 1 of x [2,3] has 3", Error);
}

TEST_CASE_FIXTURE(Fixture, "squeeze and unsqueeze are inverse to each other") {
  const Var x = counted({1, 2, 1, 3});
  CHECK(squeeze(x).shape() == Shape{2, 3});
  CHECK(squeeze(x, {0}).shape() == Shape{2, 1, 3});
  CHECK(squeeze(x, {-2, 0}).shape() == Shape{2, 3});
  CHECK(unsqueeze(squeeze(x, {2}), 2).shape() == x.shape());
  CHECK(unsqueeze(of({}, {1}), -1).shape() == Shape{1});
  CHECK_THROWS_WITH_AS(squeeze(x, {1}), "squeeze: axis 1 of x [1,2,1,3] has length 2, not 1",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "tile repeats along each axis, and sums over the copies") {
  const Var x = of({2, 2}, {1, 2, 3, 4});
  CHECK(numbers(tile(x, {2, 1})) == Numbers{1, 2, 3, 4, 1, 2, 3, 4});
  CHECK(numbers(tile(x, {1, 2})) == Numbers{1, 2, 1, 2, 3, 4, 3, 4});
  CHECK(tile(x, {2, 3}).shape() == Shape{4, 6});
  CHECK(numbers(grad(sum(counted({2, 4}) * tile(x, {1, 2})), x)) == Numbers{2, 4, 10, 12});
  CHECK_THROWS_WITH_AS(
      tile(x, {2}), "tile: needs a count of at least 1 for each axis of x [2,2], got (2)", Error);
  CHECK_THROWS_WITH_AS(tile(x, {2, 0}),
                       "tile: needs a count of at least 1 for each axis of x [2,2], got (2,0)",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "cast rounds, and its gradient has the type of x") {
  const Var x = of({2}, {0.1, 1.0 + 0x1p-30});
  const Var y = cast(x, DType::f32);
  CHECK(y.type() == ArrayType{{2}, DType::f32});
  CHECK(numbers(y) == Numbers{double{0.1F}, 1});
  CHECK(cast(x, DType::f64).id() == x.id());
  const Var mixed = sum(cast(y * y, DType::f64) * x);
  const Var xbar = grad(mixed, x);
  CHECK(xbar.dtype() == DType::f64);
  check_close(xbar, {3 * 0.01, 3});
}

}  // namespace autonet
