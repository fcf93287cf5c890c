// Transposed and one-dimensional convolutions, pools, enlarging and normalising: values worked out
// by hand, identities and error texts.
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/normalization.h"
#include "autonet/ops/pool.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/upsample.h"
#include "tests/ops/hand_values.h"

namespace autonet {

TEST_CASE_FIXTURE(Fixture, "conv2d_transpose adds a scaled kernel for each pixel") {
  const Var x = of({1, 1, 2, 1}, {1, 10});
  const Var w = of({1, 3, 1, 1}, {1, 2, 3});
  CHECK(numbers(conv2d_transpose(x, w)) == Numbers{1, 12, 23, 30});
  const Window two{.cols = {.stride = 2}};
  CHECK(numbers(conv2d_transpose(x, w, two)) == Numbers{1, 2, 13, 20, 30});
  CHECK(numbers(conv2d_transpose(x, w, two, {0, 1})) == Numbers{1, 2, 13, 20, 30, 0});
  const Window cut{.cols = {.stride = 2, .lo = 1, .hi = 1}};
  CHECK(numbers(conv2d_transpose(x, w, cut)) == Numbers{2, 13, 20});
  CHECK(conv2d_transpose(counted({2, 4, 5, 6}), counted({3, 3, 4, 6}), padded(1)).shape() ==
        Shape{2, 4, 5, 4});
}

TEST_CASE_FIXTURE(Fixture, "conv2d_transpose is the adjoint of conv2d") {
  const Window window{.rows = {.stride = 2, .lo = 1, .hi = 1}, .cols = {.stride = 2, .hi = 1}};
  const Var image = counted({1, 6, 4, 2});
  const Var w = counted({3, 2, 2, 3});
  const Var y = conv2d(image, w, window);
  const Var u = counted(y.shape());
  const Var back = conv2d_transpose(u, w, window, {1, 1});
  REQUIRE(back.shape() == image.shape());
  CHECK(numbers(back) == numbers(vjp(y, std::vector<Var>{image}, u)[0]));
}

TEST_CASE_FIXTURE(Fixture, "conv2d_transpose refuses what does not fit") {
  const Var x = counted({1, 2, 2, 3});
  const Var w = counted({2, 2, 4, 3});
  CHECK_THROWS_WITH_AS(conv2d_transpose(x, counted({2, 2, 3})),
                       "conv2d_transpose: needs x [N,H,W,C] and w [R,S,K,C], four axes each; x "
                       "[1,2,2,3], w [2,2,3]",
                       Error);
  CHECK_THROWS_WITH_AS(conv2d_transpose(x, counted({2, 2, 3, 4})),
                       "conv2d_transpose: w must have the channels of x as its last axis; x "
                       "[1,2,2,3], w [2,2,3,4]",
                       Error);
  CHECK_THROWS_WITH_AS(conv2d_transpose(x, w, {}, {1, 0}),
                       "conv2d_transpose: `more` must be at least 0 and smaller than the stride, "
                       "got 1 for 1; x [1,2,2,3], w [2,2,4,3]",
                       Error);
  CHECK_THROWS_WITH_AS(conv2d_transpose(x, w, {.rows = {.input_dilation = 2}}),
                       "conv2d_transpose: input dilation must be 1, got 2; x [1,2,2,3], w "
                       "[2,2,4,3]",
                       Error);
  CHECK_THROWS_WITH_AS(conv2d_transpose(x, w, {.rows = {.lo = 3}}),
                       "conv2d_transpose: the margins 3 and 0 leave nothing of y; x [1,2,2,3], w "
                       "[2,2,4,3]",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "conv1d and the pools of lines") {
  const Var x = of({1, 5, 1}, {1, 2, 3, 4, 5});
  CHECK(numbers(conv1d(x, of({2, 1, 1}, {1, 10}))) == Numbers{21, 32, 43, 54});
  CHECK(numbers(conv1d(x, of({2, 1, 1}, {1, 10}), {.stride = 2, .lo = 1})) == Numbers{10, 32, 54});
  CHECK(numbers(max_pool1d(x, 2, {.stride = 2})) == Numbers{2, 4});
  CHECK(numbers(avg_pool1d(x, 2, {.stride = 2, .lo = 1})) == Numbers{1, 2.5, 4.5});
  CHECK(numbers(avg_pool1d(x, 2, {.stride = 2, .lo = 1}, true)) == Numbers{0.5, 2.5, 4.5});
  CHECK_THROWS_WITH_AS(conv1d(counted({2, 2}), counted({2, 2, 2})),
                       "conv1d: needs x [N,L,C] and w [S,C,K], three axes each; x [2,2], w [2,2,2]",
                       Error);
  CHECK_THROWS_WITH_AS(max_pool1d(counted({2, 2}), 2, {}), "max_pool1d: needs x [N,L,C], got [2,2]",
                       Error);
  CHECK_THROWS_WITH_AS(avg_pool1d(counted({2, 2}), 2, {}), "avg_pool1d: needs x [N,L,C], got [2,2]",
                       Error);
  CHECK_THROWS_WITH_AS(conv1d(x, counted({2, 3, 1})),
                       "conv1d: w expects 3 input channels but x has 1; x [1,5,1], w [2,3,1] "
                       "read as [S,C,K]",
                       Error);
  CHECK_THROWS_WITH_AS(max_pool1d(x, 2, {.lo = 2}),
                       "max_pool1d: padding along the columns must be at least 0 and smaller than "
                       "the kernel, got 2 and 0 for a kernel that covers 2; x [1,5,1], kernel "
                       "[2]",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "partial windows take the pixels that are left over") {
  const Var x = counted({1, 5, 5, 1});
  const Window halves{.rows = {.stride = 2}, .cols = {.stride = 2}};
  const Window all = with_partial_windows(halves, x.shape(), {2, 2});
  CHECK(all.rows.hi == 1);
  CHECK(all.cols.hi == 1);
  CHECK(numbers(max_pool2d(x, {2, 2}, halves)) == Numbers{6, 8, 16, 18});
  CHECK(numbers(max_pool2d(x, {2, 2}, all)) == Numbers{6, 8, 9, 16, 18, 19, 21, 23, 24});
  CHECK(numbers(max_pool2d_indices(x, {2, 2}, all)) == Numbers{6, 8, 9, 16, 18, 19, 21, 23, 24});
  CHECK(with_partial_windows(halves, {1, 4, 4, 1}, {2, 2}) == halves);  // nothing is left over
  // A window that would begin behind the last pixel is no window.
  const Window sparse{.rows = {.stride = 3}, .cols = {.stride = 3}};
  CHECK(with_partial_windows(sparse, {1, 3, 3, 1}, {1, 1}) == sparse);
}

TEST_CASE_FIXTURE(Fixture, "enlarging by copies and by lines") {
  const Var x = of({1, 1, 2, 1}, {1, 3});
  CHECK(numbers(upsample_nearest(x, 2, 2)) == Numbers{1, 1, 3, 3, 1, 1, 3, 3});
  CHECK(numbers(upsample_linear(x, 1, 2)) == Numbers{1, 1.5, 2.5, 3});
  CHECK(upsample_linear(counted({2, 3, 4, 5}), 2, 3).shape() == Shape{2, 6, 12, 5});
  check_close(upsample_linear(of({1, 3, 1, 1}, {1, 2, 4}), 3, 1),
              {1, 1, 4.0 / 3, 5.0 / 3, 2, 8.0 / 3, 10.0 / 3, 4, 4});
  const Var flat = upsample_linear(of({1, 2, 2, 1}, {7, 7, 7, 7}), 3, 3);
  for (const double number : numbers(flat)) CHECK(number == doctest::Approx(7));
  CHECK(numbers(grad(sum(upsample_nearest(x, 2, 3)), x)) == Numbers{6, 6});
  check_close(grad(sum(upsample_linear(x, 2, 2)), x), {4, 4});
  CHECK_THROWS_WITH_AS(upsample_nearest(x, 0, 1),
                       "upsample_nearest: needs x [N,H,W,C] and factors of at least 1, got x "
                       "[1,1,2,1] and factors 0 and 1",
                       Error);
  CHECK_THROWS_WITH_AS(upsample_linear(counted({2, 2}), 1, 1),
                       "upsample_linear: needs x [N,H,W,C] and factors of at least 1, got x [2,2] "
                       "and factors 1 and 1",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "group_norm normalises groups of channels of each image") {
  const Var one = of({4}, {1, 1, 1, 1});
  const Var zero = of({4}, {0, 0, 0, 0});
  const Var x = of({2, 1, 4}, {1, 3, 10, 30, -1, 1, 5, 5});
  check_close(group_norm(x, 2, one, zero, 0x1p-40), {-1, 1, -1, 1, -1, 1, 0, 0});
  check_close(group_norm(x, 2, of({4}, {2, 2, 2, 2}), one, 0x1p-40), {-1, 3, -1, 3, -1, 3, 1, 1});
  const Var images = of({1, 2, 2}, {1, 10, 3, 30});
  check_close(instance_norm(images, of({2}, {1, 1}), of({2}, {0, 0}), 0x1p-40), {-1, -1, 1, 1});
  // With one group for all channels, and one position, it is layer_norm.
  check_close(group_norm(x, 1, one, zero), numbers(layer_norm(x, one, zero)));
  CHECK_THROWS_WITH_AS(group_norm(x, 3, one, zero),
                       "group_norm: needs x [N,...,C] and groups that divide the channels, got 3 "
                       "groups for x [2,1,4]",
                       Error);
  CHECK_THROWS_WITH_AS(group_norm(x, 2, one, of({1}, {0})),
                       "group_norm: needs one number for each channel of x [2,1,4], got [1]",
                       Error);
}

}  // namespace autonet
