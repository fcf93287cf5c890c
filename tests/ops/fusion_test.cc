// Programs with calls joined give the numbers of programs without, at every instruction set, and on
// any number of threads.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/pool.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "tests/ops/every_target.h"

namespace autonet {
namespace {

using Builder = std::vector<Var> (*)(Tape&, Random&, DType);

Var leaf(Tape& tape, const Shape& shape, DType dtype, Random& random) {
  return tape.variable(normal(shape, dtype, random));
}

/// A random cotangent for y, and what it gives for xs; y itself comes first.
std::vector<Var> with_gradients(Tape& tape, Var y, const std::vector<Var>& xs, Random& random) {
  std::vector<Var> outputs{y};
  for (const Var& bar : vjp(y, xs, leaf(tape, y.shape(), y.dtype(), random)))
    outputs.push_back(bar);
  return outputs;
}

KernelSize square(Index side) {
  return {side, side};
}

/// Two convolutions, the first pooled: the layers of convnet1.
std::vector<Var> two_convolutions(Tape& tape, Random& random, DType dtype) {
  const Index c = draw(random, 1, 5);
  const Index k = draw(random, 1, 40);
  const Index m = draw(random, 1, 20);
  const Var x =
      leaf(tape, {draw(random, 1, 5), draw(random, 5, 11), draw(random, 5, 11), c}, dtype, random);
  const Var w = leaf(tape, {3, 3, c, k}, dtype, random);
  const Var b = leaf(tape, {k}, dtype, random);
  const Var v = leaf(tape, {2, 3, k, m}, dtype, random);
  const Var a = leaf(tape, {m}, dtype, random);
  // Sometimes windows overlap or leave the image, so that the general loops are met too.
  const bool overlap = random.below(2) == 0;
  const Var pooled = overlap
                         ? max_pool2d(relu(conv2d(x, w, padded(1)) + b), square(3), strided(2, 1))
                         : max_pool2d(relu(conv2d(x, w, padded(1)) + b), square(2), strided(2));
  const Var y = relu(conv2d(pooled, v, padded(1)) + a);
  return with_gradients(tape, y, {w, b, v, a, x}, random);
}

/// Convolution after convolution without pooling, in groups.
std::vector<Var> grouped(Tape& tape, Random& random, DType dtype) {
  const Index g = draw(random, 1, 2);
  const Var x = leaf(tape, {draw(random, 1, 4), 6, 5, 2 * g}, dtype, random);
  const Var w = leaf(tape, {3, 2, 2, 3 * g}, dtype, random);
  const Var b = leaf(tape, {3 * g}, dtype, random);
  const Var v = leaf(tape, {2, 2, 3 * g, 4}, dtype, random);
  Window window = strided(draw(random, 1, 2), 1);
  window.groups = g;
  const Var y = conv2d(relu(conv2d(x, w, window) + b), v);
  return with_gradients(tape, y, {w, b, v, x}, random);
}

/// Layers of matmul, the first after a flattened image.
std::vector<Var> fully_connected(Tape& tape, Random& random, DType dtype) {
  const Index n = draw(random, 1, 70);
  const Var x = leaf(tape, {n, 2, 3, draw(random, 1, 5)}, dtype, random);
  const Index hidden = draw(random, 1, 70);
  const Var w = leaf(tape, {x.shape().size() / n, hidden}, dtype, random);
  const Var b = leaf(tape, {hidden}, dtype, random);
  const Var v = leaf(tape, {hidden, 7}, dtype, random);
  const Var a = leaf(tape, {7}, dtype, random);
  const Var h = relu(matmul(reshape(relu(x), {n, w.shape()[0]}), w) + b);
  return with_gradients(tape, matmul(h, v) + a, {w, b, v, a, x}, random);
}

/// A value that two calls read, and outputs in the middle of a chain.
std::vector<Var> shared_values(Tape& tape, Random& random, DType dtype) {
  const Var x = leaf(tape, {2, 6, 6, 3}, dtype, random);
  const Var w = leaf(tape, {3, 3, 3, 3}, dtype, random);
  const Var b = leaf(tape, {3}, dtype, random);
  const Var z = conv2d(x, w, padded(1)) + b;
  const Var y = relu(z);
  const Var sum = conv2d(y, w, padded(1)) + x;  // as long as y: no bias
  std::vector<Var> outputs =
      with_gradients(tape, max_pool2d(y + sum, square(2), strided(2)), {w, b, x}, random);
  outputs.push_back(z);
  outputs.push_back(y);
  outputs.push_back(tape.constant(Array::scalar(2.0, dtype)) * sum);
  return outputs;
}

std::vector<Array> run(Builder build, std::uint64_t seed, DType dtype, int threads, bool fuse,
                       std::string* steps = nullptr) {
  Context context(threads);
  Tape tape(context);
  Random random(seed);
  const std::vector<Var> outputs = build(tape, random, dtype);
  Program program(context, {}, outputs, {.fuse = fuse});
  program.run();
  program.run();  // as a replay
  std::vector<Array> values;
  for (size_t i = 0; i < outputs.size(); ++i) values.push_back(program.output(i).clone());
  if (steps != nullptr) {
    for (const Step& step : program.steps()) *steps += step.label + "\n";
  }
  return values;
}

}  // namespace

TEST_CASE("joined calls give the numbers of the separate ones") {
  const Builder builders[] = {two_convolutions, grouped, fully_connected, shared_values};
  at_every_target([&] {
    for (const Builder build : builders) {
      for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        for (const DType dtype : {DType::f32, DType::f64}) {
          CAPTURE(seed);
          INFO("builder " << &build - builders << ", " << name_of(dtype));
          const std::vector<Array> apart = run(build, seed, dtype, 1, false);
          const std::vector<Array> joined = run(build, seed, dtype, 2, true);
          for (size_t i = 0; i < apart.size(); ++i) {
            INFO("output " << i);
            // A bias's gradient is added up in another order; all else is the same bit for bit.
            check_close(joined[i], apart[i],
                        apart[i].rank() == 1 ? (dtype == DType::f32 ? 2e-5 : 1e-13) : 0.0);
          }
        }
      }
    }
  });
}

TEST_CASE("joined calls give the same bits on any number of threads") {
  for (const Builder build : {two_convolutions, grouped, fully_connected}) {
    const std::vector<Array> one = run(build, 3, DType::f32, 1, true);
    for (const int threads : {2, 3, 5}) {
      CAPTURE(threads);
      const std::vector<Array> many = run(build, 3, DType::f32, threads, true);
      for (size_t i = 0; i < one.size(); ++i) check_close(many[i], one[i], 0.0);
    }
  }
}

TEST_CASE("what is joined, and what is not") {
  const auto steps_of = [](Builder build) {
    std::string steps;
    run(build, 2, DType::f32, 1, true, &steps);
    return steps;
  };
  const auto has = [](const std::string& steps, const std::string& label) {
    INFO(steps);
    CHECK(steps.find(label + " [") != std::string::npos);
  };
  const std::string conv = steps_of(two_convolutions);
  has(conv, "conv2d + add + relu + max_pool2d");
  has(conv, "conv2d + add + relu");
  has(conv, "pool_spread + gate + sum");
  const std::string linear = steps_of(fully_connected);
  has(linear, "matmul + add + relu");
  has(linear, "matmul + add");
  has(linear, "matmul + gate + sum");
  // z is an output and read by the gate's maker: it must be there by itself.
  const std::string shared = steps_of(shared_values);
  has(shared, "conv2d + add");
  has(shared, "relu");
  CHECK(shared.find("add + relu") == std::string::npos);
}

TEST_CASE("a ReLU's gate keeps infinite and NaN cotangents out, joined or not") {
  Context context;
  for (const bool fuse : {false, true}) {
    Tape tape(context);
    const Var x = tape.variable(Array::from<float>({1, 2}, {1.0F, -1.0F}));
    const Var w = tape.variable(Array::from<float>({2, 2}, {1.0F, 0.0F, 0.0F, 1.0F}));
    const Var y = relu(matmul(x, w));
    const Var bar = tape.variable(Array::from<float>({1, 2}, {2.0F, HUGE_VALF}));
    const std::vector<Var> outputs = vjp(y, std::vector<Var>{x}, bar);
    Program program(context, {}, outputs, {.fuse = fuse});
    program.run();
    CHECK(program.output(0).at({0, 0}) == 2.0);
    CHECK(program.output(0).at({0, 1}) == 0.0);
  }
}

TEST_CASE("a NaN takes the maximum and passes its cotangent through a ReLU, joined or not") {
  Context context;
  for (const Index channels : {1, 17}) {
    for (const Index kernel : {2, 3}) {
      CAPTURE(channels);
      CAPTURE(kernel);
      for (const bool fuse : {false, true}) {
        Tape tape(context);
        Array image = Array::full({{1, 4, 4, channels}, DType::f32}, -1.0);
        for (Index c = 0; c < channels; ++c) image.set({0, 0, 1, c}, std::nan(""));
        const Var x = tape.variable(image);
        Array identity = Array::zeros({{1, 1, channels, channels}, DType::f32});
        for (Index c = 0; c < channels; ++c) identity.set({0, 0, c, c}, 1.0);
        const Var b = tape.variable(Array::zeros({{channels}, DType::f32}));
        const Var y =
            max_pool2d(relu(conv2d(x, tape.variable(identity)) + b), square(kernel), strided(2));
        const Var ybar = tape.variable(Array::full(y.type(), 3.0));
        Program program(context, {}, vjp(y, std::vector<Var>{x}, ybar), {.fuse = fuse});
        program.run();
        Array expected = Array::zeros(x.type());  // elsewhere the ReLU is closed
        for (Index c = 0; c < channels; ++c) expected.set({0, 0, 1, c}, 3.0);
        CHECK(program.output(0).to_vector() == expected.to_vector());
      }
    }
  }
}

}  // namespace autonet
