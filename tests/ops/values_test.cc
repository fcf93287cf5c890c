// Values worked out by hand, and error texts.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/dropout.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/normalization.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/patches.h"
#include "autonet/ops/pool.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"
#include "tests/ops/hand_values.h"

namespace autonet {
namespace {

Window strided(Index stride) {
  Window window;
  window.rows.stride = window.cols.stride = stride;
  return window;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "arithmetic broadcasts as NumPy does") {
  const Var a = of({2, 3}, {1, 2, 3, 4, 5, 6});
  const Var b = of({3}, {10, 20, 30});
  const Var c = of({2, 1}, {2, 4});
  CHECK(numbers(a + b) == Numbers{11, 22, 33, 14, 25, 36});
  CHECK(numbers(a - b) == Numbers{-9, -18, -27, -6, -15, -24});
  CHECK(numbers(a * c) == Numbers{2, 4, 6, 16, 20, 24});
  CHECK(numbers(a / c) == Numbers{0.5, 1, 1.5, 1, 1.25, 1.5});
  CHECK(numbers(2.0 - a * 3.0) == Numbers{-1, -4, -7, -10, -13, -16});
  CHECK(numbers(grad(sum(a * b), b)) == Numbers{5, 7, 9});  // summed over the stretched axis
  CHECK_THROWS_WITH_AS(a + of({2}, {1, 2}),
                       "add: shapes do not broadcast: axis 1 has 3 and 2; the shapes are [2,3] and "
                       "[2]",
                       Error);
  CHECK_THROWS_WITH_AS(a * tape.variable(Array::zeros({{3}, DType::f32})),
                       "mul: a is f64 but b is f32; a [2,3], b [3]", Error);
}

TEST_CASE_FIXTURE(Fixture, "functions of one number") {
  const double e = std::exp(1.0);
  check_close(exp(of({2}, {0, 1})), {1, e});
  check_close(log(of({2}, {1, e})), {0, 1});
  check_close(sqrt(of({2}, {0, 9})), {0, 3});
  check_close(pow(of({3}, {-2, 0, 3}), 3), {-8, 0, 27});
  check_close(abs(of({3}, {-2, 0, 3})), {2, 0, 3});
  check_close(sign(of({3}, {-2, 0, 3})), {-1, 0, 1});
  check_close(erf(of({2}, {0, 1})), {0, 0.8427007929});
  CHECK(numbers(relu(of({3}, {-1, 0, 2}))) == Numbers{0, 0, 2});
  CHECK(std::isnan(numbers(relu(of({1}, {std::nan("")})))[0]));
  check_close(leaky_relu(of({3}, {-1, 0, 2}), 0.1), {-0.1, 0, 2});
  check_close(elu(of({2}, {-1, 2})), {1 / e - 1, 2});
  check_close(gelu(of({3}, {-1, 0, 1})), {-0.1586552539, 0, 0.8413447461});
  check_close(tanh(of({2}, {0, 1})), {0, 0.7615941560});
  // No overflow at either end, and no lost digits in the tails.
  check_close(sigmoid(of({5}, {-1000, -40, 0, 40, 1000})), {0, std::exp(-40.0), 0.5, 1, 1});
  check_close(softplus(of({4}, {-1000, 0, 40, 1000})), {0, std::log(2.0), 40, 1000});
  check_close(expm1(of({2}, {0, 1})), {0, e - 1});
  check_close(erfc(of({2}, {0, 1})), {1, 0.1572992071});
  check_close(sech(of({2}, {0, 1})), {1, 2 / (e + 1 / e)});
  const Var x = of({1}, {0.0});
  CHECK(numbers(grad(sum(relu(x)), x)) == Numbers{0});
  CHECK(numbers(grad(sum(elu(x)), x)) == Numbers{1});
  CHECK(numbers(grad(sum(pow(x, 0)), x)) == Numbers{0});
}

TEST_CASE_FIXTURE(Fixture, "a NaN is passed on, in values and in gradients") {
  const Var x = of({3}, {std::nan(""), -1, 1});
  const Var ybar = of({3}, {5, 5, 5});
  for (const Var y : {relu(x), abs(x), elu(x), leaky_relu(x)}) CHECK(std::isnan(numbers(y)[0]));
  CHECK(std::isnan(numbers(sign(x))[0]));
  // The ramps take the branch y = x, whose gradient is ybar; so a NaN loss reaches all weights.
  CHECK(numbers(vjp(relu(x), std::vector<Var>{x}, ybar)[0]) == Numbers{5, 0, 5});
  CHECK(numbers(vjp(leaky_relu(x, 0.5), std::vector<Var>{x}, ybar)[0]) == Numbers{5, 2.5, 5});
  CHECK(numbers(gate(x, of({3}, {5, std::nan(""), 5}))) == Numbers{5, 0, 5});
  for (const Var y : {abs(x), elu(x)}) CHECK(std::isnan(numbers(grad(sum(y), x))[0]));
  // At any place of a row, also beyond the first vector.
  for (const Index place : {0, 3, 16}) {
    Array row = Array::zeros({{1, 17}, DType::f32});
    row.set({0, place}, std::nan(""));
    const Var z = tape.variable(row);
    for (const double value : numbers(log_softmax(z))) CHECK(std::isnan(value));
    const Var label = tape.variable(Array::full({{1}, DType::f32}, 1.0));
    CHECK(std::isnan(softmax_cross_entropy(z, label).item()));
  }
}

TEST_CASE_FIXTURE(Fixture, "reductions") {
  const Var x = of({2, 3}, {1, 5, 5, 7, 2, 0});
  CHECK(sum(x).item() == 20);
  CHECK(numbers(sum(x, {0})) == Numbers{8, 7, 5});
  CHECK(sum(x, {-1}, true).shape() == Shape{2, 1});
  CHECK(numbers(mean(x, {1})) == Numbers{11.0 / 3, 3});
  CHECK(numbers(max(x, {1})) == Numbers{5, 7});
  // Of two equal maxima the first takes the gradient.
  CHECK(numbers(grad(sum(max(x, {1})), x)) == Numbers{0, 1, 0, 1, 0, 0});
  CHECK(numbers(sum_to(x, {1, 3})) == Numbers{8, 7, 5});
  CHECK_THROWS_WITH_AS(sum(x, {0, -2}), "sum: axis -2 is named twice", Error);
  CHECK_THROWS_WITH_AS(max(of({0}, {})), "max: there is no maximum of no elements; x [0]", Error);
  // A long sum in f32 keeps its digits.
  const Var many = tape.variable(Array::full({{100'000, 2}, DType::f32}, 0.1));
  CHECK(sum(many, {0}).value().at({0}) == doctest::Approx(10'000.0).epsilon(5e-6));
}

TEST_CASE_FIXTURE(Fixture, "pooling: ties go to the first, padding never wins or counts") {
  const Var x = of({1, 2, 4, 1}, {-1, -2, 3, 3, -5, -1, 3, 0});
  CHECK(numbers(max_pool2d(x, {2, 2}, strided(2))) == Numbers{-1, 3});
  CHECK(numbers(grad(sum(max_pool2d(x, {2, 2}, strided(2))), x)) ==
        Numbers{1, 0, 1, 0, 0, 0, 0, 0});
  const Var small = of({1, 2, 2, 1}, {-1, -2, -3, -4});
  CHECK(numbers(max_pool2d(small, {2, 2}, padded(1))) ==
        Numbers{-1, -1, -2, -1, -1, -2, -3, -3, -4});
  check_close(avg_pool2d(small, {2, 2}, padded(1)), {-1, -1.5, -2, -2, -2.5, -3, -3, -3.5, -4});
  check_close(avg_pool2d(small, {2, 2}, padded(1), true),
              {-0.25, -0.75, -0.5, -1, -2.5, -1.5, -0.75, -1.75, -1});
  check_close(global_avg_pool(small), {-2.5});
  CHECK_THROWS_WITH_AS(max_pool2d(small, {3, 3}, strided(1)),
                       "max_pool2d: the kernel covers 3 rows but x has 2 with its margins 0 and 0; "
                       "x [1,2,2,1], kernel [3,3]; use a smaller kernel or more padding",
                       Error);
  CHECK_THROWS_WITH_AS(max_pool2d(small, {2, 2}, padded(2)),
                       "max_pool2d: padding along the rows must be at least 0 and smaller than the "
                       "kernel, got 2 and 2 for a kernel that covers 2; x [1,2,2,1], kernel [2,2]",
                       Error);
  Window window;
  window.cols.kernel_dilation = Index{1} << 62;
  CHECK_THROWS_WITH_AS(max_pool2d(small, {2, 5}, window),
                       "max_pool2d: kernel dilation along the columns must be from 1 to 268435456, "
                       "got 4611686018427387904; x [1,2,2,1], kernel [2,5]",
                       Error);
  window = strided(1);
  window.rows.input_dilation = 2;
  CHECK_THROWS_WITH_AS(avg_pool2d(small, {2, 2}, window),
                       "avg_pool2d: input dilation along the rows must be 1, got 2; x [1,2,2,1], "
                       "kernel [2,2]",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "no images, no rows, no columns: empty results, and zeros flow back") {
  const Var none = counted({0, 4, 4, 2});
  const Var w = counted({3, 3, 2, 2});
  for (const Var y : {conv2d(none, w, padded(1)), conv2d_patches(none, w, padded(1))}) {
    CHECK(y.shape() == Shape{0, 4, 4, 2});
    CHECK(numbers(grad(sum(y), w)) == Numbers(36, 0.0));
  }
  const Var pooled = max_pool2d(none, {2, 2}, strided(2));
  CHECK(pooled.shape() == Shape{0, 2, 2, 2});
  CHECK(grad(sum(pooled), none).value().shape() == none.shape());
  const Var a = counted({2, 0});
  const Var b = counted({0, 3});
  CHECK(numbers(matmul(a, b)) == Numbers(6, 0.0));
  CHECK(grad(sum(matmul(a, b)), a).value().shape() == Shape{2, 0});
  const Var x = counted({3});
  CHECK(numbers(grad(sum(slice(x, 0, 2, 0)), x)) == Numbers(3, 0.0));
  CHECK(numbers(grad(sum(pad(x, {{-5, 2}})), x)) == Numbers(3, 0.0));
  CHECK(numbers(concat({slice(x, 0, 0, 0), x}, 0)) == numbers(x));
}

TEST_CASE_FIXTURE(Fixture, "patches, and the convolution made of them") {
  const Var x = counted({1, 2, 3, 1});
  CHECK(numbers(gather_patches(x, {2, 2})) == Numbers{0, 1, 3, 4, 1, 2, 4, 5});
  CHECK(numbers(scatter_patches(gather_patches(x, {2, 2}), {1, 2, 3, 1}, {2, 2})) ==
        Numbers{0, 2, 2, 3, 8, 5});
  const Var images = counted({2, 5, 4, 4});
  const Var w = counted({3, 2, 2, 6});
  Window window{{2, 1, 1, 1, 0}, {1, 2, 1, 0, 2}, 2};
  CHECK(numbers(conv2d_patches(images, w, window)) == numbers(conv2d(images, w, window)));
  constexpr Index kHuge = Index{1} << 40;
  CHECK_THROWS_WITH_AS(gather_patches(x, {kHuge, kHuge}, padded(2 * kHuge)),
                       "gather_patches: the kernel's length along the rows must be from 1 to "
                       "268435456, got 1099511627776; x [1,2,3,1], kernel "
                       "[1099511627776,1099511627776]",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "matmul") {
  const Var a = of({2, 3}, {1, 2, 3, 4, 5, 6});
  const Var b = of({3, 2}, {7, 8, 9, 10, 11, 12});
  CHECK(numbers(matmul(a, b)) == Numbers{58, 64, 139, 154});
  CHECK(matmul(counted({2, 1, 3, 4}), counted({5, 4, 2})).shape() == Shape{2, 5, 3, 2});
  CHECK_THROWS_WITH_AS(matmul(a, a), "matmul: a has 3 columns but b has 2 rows; a [2,3], b [2,3]",
                       Error);
  CHECK_THROWS_WITH_AS(matmul(a, of({3}, {1, 2, 3})),
                       "matmul: needs matrices, at least two axes each; a [2,3], b [3]", Error);
}

TEST_CASE_FIXTURE(Fixture, "views, pads and joins") {
  const Var x = counted({2, 3});
  CHECK(numbers(flip(x, {1})) == Numbers{2, 1, 0, 5, 4, 3});
  CHECK(flip(flip(x, {1}), {-1}).id() == x.id());  // flipping twice gives x itself
  CHECK(numbers(permute(x, {1, 0})) == Numbers{0, 3, 1, 4, 2, 5});
  CHECK(numbers(pad(x, {{1, 0}, {-1, 1}})) == Numbers{0, 0, 0, 1, 2, 0, 4, 5, 0});
  CHECK(numbers(pad(of({2}, {1, 2}), {{0, 1, 3}})) == Numbers{1, 0, 0, 2, 0});
  CHECK(numbers(pad(of({2}, {1, 2}), {{-5, 7}})) == Numbers{0, 0, 0, 0});  // a window on the zeros
  CHECK(numbers(slice(x, 1, 0, 2, 2)) == Numbers{0, 2, 3, 5});
  CHECK(numbers(concat({x, x}, 1)) == Numbers{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5});
  CHECK_THROWS_WITH_AS(pad(x, {{0, 0}, {-4, 0}}),
                       "pad: axis 1 of x [2,3] would get -1 elements with margins -4 and 0", Error);
  CHECK_THROWS_WITH_AS(slice(x, 1, 1, 3),
                       "slice: start 1, length 3, step 1 leaves axis 1 of x [2,3]", Error);
  CHECK_THROWS_WITH_AS(permute(x, {0, 0}),
                       "permute: the axes (0,0) are not a permutation of the axes of x [2,3]",
                       Error);
  CHECK_THROWS_WITH_AS(concat({x, counted({3, 3})}, 1),
                       "concat: all lengths but that of axis 1 must agree; [2,3] f64 and [3,3] f64",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "normalisation") {
  const Var x = of({2, 2}, {1, 10, 3, 30});
  const Var one = of({2}, {1, 2});
  const Var bias = of({2}, {0, 5});
  const BatchNorm norm = batch_norm_training(x, one, bias, 0.0);
  CHECK(numbers(norm.mean) == Numbers{2, 20});
  CHECK(numbers(norm.variance) == Numbers{1, 100});
  check_close(norm.y, {-1, 3, 1, 7});
  check_close(batch_norm(x, one, bias, of({2}, {0, 0}), of({2}, {4, 25}), 0.0), {0.5, 9, 1.5, 17});
  check_close(layer_norm(of({1, 2}, {1, 3}), one, bias, 0.0), {-1, 7});
  // Epsilon is added to the variance, under the root: variances 1 and 100 with 3 become 4 and 103.
  const double root = std::sqrt(103.0);
  check_close(batch_norm_training(x, one, bias, 3.0).y, {-0.5, 5 - 20 / root, 0.5, 5 + 20 / root});
  check_close(batch_norm(x, one, bias, norm.mean, norm.variance, 3.0),
              {-0.5, 5 - 20 / root, 0.5, 5 + 20 / root});
  check_close(layer_norm(of({1, 2}, {1, 3}), one, bias, 3.0), {-0.5, 6});
  CHECK_THROWS_WITH_AS(layer_norm(x, of({3}, {1, 1, 1}), bias),
                       "layer_norm: needs one number for each channel of x [2,2], got [3]", Error);
}

TEST_CASE_FIXTURE(Fixture, "dropout keeps the mean, repeats by step, and draws anew by stream") {
  const ArrayType type{{200, 50}, DType::f32};
  const auto mask = [&](double step, std::uint64_t stream) {
    return numbers(
        dropout_mask(tape.constant(Array::scalar(step, DType::f64)), type, 0.3, 9, stream));
  };
  const Numbers first = mask(1, 1);
  CHECK(first == mask(1, 1));
  CHECK(first != mask(2, 1));
  CHECK(first != mask(1, 2));
  const auto dropped = static_cast<double>(std::count(first.begin(), first.end(), 0.0));
  CHECK(dropped / 10'000 == doctest::Approx(0.3).epsilon(0.05));
  CHECK(*std::max_element(first.begin(), first.end()) == doctest::Approx(1 / 0.7));
  const Var step = tape.constant(Array::scalar(0, DType::f64));
  CHECK_THROWS_WITH_AS(dropout(counted({3}), step, 1.0, 1, 1),
                       "dropout: rate must be at least 0 and below 1, got 1", Error);
}

TEST_CASE("a constant of minus zero is not one of zero") {
  Tape tape;
  const Var x = tape.variable(Array::scalar(-0.0, DType::f64));
  CHECK(std::signbit((x + -0.0).item()));
  CHECK_FALSE(std::signbit((x + 0.0).item()));
}

}  // namespace autonet
