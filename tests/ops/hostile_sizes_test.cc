// Sizes whose products do not fit are Errors. Run these with UndefinedBehaviorSanitizer, too.
#include <doctest/doctest.h>

#include <limits>

#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/pool.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/upsample.h"
#include "autonet/ops/views.h"

namespace autonet {

TEST_CASE("sizes that do not fit are errors") {
  constexpr Index kMost = std::numeric_limits<Index>::max();
  constexpr Index kLeast = std::numeric_limits<Index>::min();
  Tape tape;
  const Var x = tape.variable(Array::zeros({{1, 4, 4, 2}, DType::f32}));
  const Var w = tape.variable(Array::zeros({{3, 3, 2, 2}, DType::f32}));
  const Var m = tape.variable(Array::zeros({{4, 4}, DType::f32}));
  const Var one = tape.variable(Array::zeros({{1, 1}, DType::f32}));
  const Var empty = tape.variable(Array::zeros({{0, 4}, DType::f32}));
  CHECK_THROWS_AS(broadcast_to(one, {Index{1} << 30, Index{1} << 30}), Error);
  for (const Index count : {kMost, Index{1} << 62, kLeast}) {
    CAPTURE(count);
    CHECK_THROWS_AS(tile(m, {count, 2}), Error);
    CHECK_THROWS_AS(tile(m, {2, count}), Error);
    CHECK_THROWS_AS(tile(empty, {1, count}), Error);
    CHECK_THROWS_AS(pad(m, {AxisPad{count, count}, AxisPad{}}), Error);
    CHECK_THROWS_AS(pad(m, {AxisPad{0, 0, count}, AxisPad{}}), Error);
    CHECK_THROWS_AS(slice(m, 0, count, 2), Error);
    CHECK_THROWS_AS(slice(m, 0, 0, count), Error);
    CHECK_THROWS_AS(m.value().slice(0, 3, 2, count), Error);
    CHECK_THROWS_AS(conv2d(x, w, strided(count)), Error);
    CHECK_THROWS_AS(conv2d(x, w, padded(count)), Error);
    CHECK_THROWS_AS(max_pool2d(x, {count, count}, {}), Error);
    CHECK_THROWS_AS(upsample_nearest(x, count, count), Error);
  }
  CHECK_THROWS_AS(sum(m, {std::numeric_limits<int>::min()}), Error);
}

}  // namespace autonet
