// Batches cut into leaves: the cut, sums in a tree, and programs whose steps are run leaf by leaf.
#include <doctest/doctest.h>

#include <bit>
#include <cstring>

#include "autograd/leaves.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/dropout.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/normalization.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"

namespace autonet::internal {
namespace {

Array normal(const Shape& shape, DType dtype, std::uint64_t stream) {
  Random random(31, stream);
  Array values = Array::uninitialized({shape, DType::f64});
  for (Index i = 0; i < values.size(); ++i) values.data<double>()[i] = random.normal();
  return values.to(dtype);
}

bool same_bits(const Array& a, const Array& b) {
  const Array x = a.contiguous();
  const Array y = b.contiguous();
  return x.type() == y.type() && std::memcmp(x.raw(), y.raw(), x.type().bytes()) == 0;
}

}  // namespace

TEST_CASE("leaves cover a batch, the first are the largest, and small batches are not cut") {
  for (Index batch = 1; batch <= 2000; ++batch) {
    CAPTURE(batch);
    const Leaves leaves(batch);
    REQUIRE(std::has_single_bit(static_cast<std::uint64_t>(leaves.parts)));
    REQUIRE(leaves.first(0) == 0);
    REQUIRE(leaves.first(leaves.count()) == batch);
    for (Index i = 0; i < leaves.count(); ++i) {
      const Index size = leaves.first(i + 1) - leaves.first(i);
      REQUIRE(size <= leaves.largest());
      REQUIRE(size >= leaves.largest() - 1);
      if (leaves.count() > 1) REQUIRE((size >= 12 && size <= 25));
    }
    CHECK((leaves.count() == 1) == (batch < 24));
  }
  CHECK(Leaves(100).parts == 8);
  CHECK(Leaves(100).in_part == 1);
  CHECK(Leaves(1600).parts == 16);
  CHECK(Leaves(1600).in_part == 4);
  CHECK(Leaves(3199).parts == 16);
  CHECK(Leaves(3200).parts == 32);
  CHECK(Leaves(25600).parts == 256);
  CHECK(Leaves(1'000'000).parts == 256);
}

TEST_CASE("a sum over leaves adds the leaves of a part in order, and the parts in pairs") {
  for (const Index batch : {23, 24, 100, 401, 1600}) {
    CAPTURE(batch);
    const Array x = normal({batch, 3}, DType::f32, 1);
    const auto sum = [&](Index first, Index count) {
      float total = 0.0F;
      for (Index n = first; n < first + count; ++n) total += static_cast<float>(x.at({n, 1}));
      return total;
    };
    const Leaves leaves(batch);
    std::vector<float> parts;
    for (Index part = 0; part < leaves.parts; ++part) {
      float total = 0.0F;
      for (Index leaf = part * leaves.in_part; leaf < (part + 1) * leaves.in_part; ++leaf) {
        const float more = sum(leaves.first(leaf), leaves.first(leaf + 1) - leaves.first(leaf));
        total = leaf == part * leaves.in_part ? more : total + more;
      }
      parts.push_back(total);
    }
    while (parts.size() > 1) {
      std::vector<float> pairs;
      for (size_t i = 0; i < parts.size(); i += 2) pairs.push_back(parts[i] + parts[i + 1]);
      parts = pairs;
    }
    for (const int threads : {1, 2, 5}) {
      Context context(threads);
      Array y = Array::zeros({{1}, DType::f32});
      sum_over_leaves(context, batch, 1'000'000, y,
                      [&](Context& own, Index first, Index count, Array& of) {
                        CHECK(own.threads() == (batch < 24 ? threads : 1));
                        CHECK(own.is_leaf() == (batch >= 24));
                        of.set({0}, static_cast<double>(sum(first, count)));
                      });
      CHECK(static_cast<float>(y.at({0})) == parts[0]);
    }
  }
}

namespace {

/// Layers with sums over the batch between them: batch normalisation, dropout, softmax.
std::vector<Var> network(Tape& tape, Var x, Var labels, DType dtype) {
  const auto leaf = [&](const Shape& shape, std::uint64_t stream) {
    return tape.variable(normal(shape, dtype, stream));
  };
  const Index features = x.shape()[1] * x.shape()[2];
  const std::vector<Var> leaves{leaf({features, 600}, 2), leaf({600}, 3), leaf({600}, 4),
                                leaf({600}, 5), leaf({600, 7}, 6)};
  const Var flat = reshape(x, {x.shape()[0], features});
  const Var h = matmul(flat, leaves[0]) + leaves[1];
  const Var normed = batch_norm_training(h, leaves[2], leaves[3], 1e-5).y;
  const Var step = tape.constant(Array::scalar(3.0, DType::f64));
  const Var dropped = dropout(relu(normed), step, 0.3, 9, 4);
  const Var z = matmul(dropped, leaves[4]);
  const Var loss = softmax_cross_entropy(z, labels);
  std::vector<Var> outputs{z, loss};
  std::vector<Var> wanted = leaves;
  wanted.push_back(x);
  for (const Var& bar : grad(loss, wanted)) outputs.push_back(bar);
  return outputs;
}

struct Ran {
  std::vector<Array> outputs = {};
  int by_leaves = 0;  // steps
  std::size_t arena = 0;
};

Ran run(Index batch, DType dtype, int threads, bool by_leaves) {
  Context context(threads);
  Tape tape(context);
  const Var x = tape.placeholder({{batch, 4, 5}, dtype}, "x");
  const Var labels = tape.placeholder({{batch}, dtype}, "labels");
  const std::vector<Var> outputs = network(tape, x, labels, dtype);
  const std::vector<Var> inputs{x, labels};
  ProgramOptions options;
  if (by_leaves) options.batch = inputs;
  Program program(context, inputs, outputs, options);
  program.input(0).copy_from(normal(x.shape(), dtype, 1));
  for (Index n = 0; n < batch; ++n) program.input(1).set({n}, static_cast<double>(n * 3 % 7));
  program.run();
  program.run();  // as a replay
  Ran ran{.arena = program.arena_bytes()};
  for (size_t i = 0; i < outputs.size(); ++i) ran.outputs.push_back(program.output(i).clone());
  for (const Step& step : program.steps()) ran.by_leaves += step.leaf_group >= 0;
  return ran;
}

}  // namespace

TEST_CASE("steps run leaf by leaf give the bits of steps run for all examples") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const Index batch : {20, 97, 100, 131, 833}) {
      CAPTURE(batch);
      const Ran whole = run(batch, dtype, 1, false);
      CHECK(whole.by_leaves == 0);
      for (const int threads : {1, 2, 3, 7}) {
        CAPTURE(threads);
        const Ran leaves = run(batch, dtype, threads, true);
        CHECK((leaves.by_leaves > 3) == (batch > 20));
        for (size_t i = 0; i < whole.outputs.size(); ++i) {
          CAPTURE(i);
          CHECK(same_bits(leaves.outputs[i], whole.outputs[i]));
        }
      }
    }
  }
}

TEST_CASE("values of one leaf at a time take no place in the arena") {
  const auto program_of = [](Context& context, bool by_leaves) {
    Tape tape(context);
    const Var x = tape.placeholder({{800, 6}, DType::f32}, "x");
    Var y = matmul(x, tape.variable(normal({6, 100}, DType::f32, 1)));
    for (int i = 0; i < 5; ++i) y = tanh(y) * y;
    ProgramOptions options;
    if (by_leaves) options.batch = {&x, 1};
    const std::vector<Var> outputs{sum(y, {0})};
    return Program(context, {&x, 1}, outputs, options);
  };
  Context context;
  CHECK(program_of(context, false).arena_bytes() >= 2 * 800 * 100 * sizeof(float));
  const Program by_leaves = program_of(context, true);
  CHECK(by_leaves.arena_bytes() <= 100 * sizeof(float) + 64);
  CHECK(by_leaves.leaf_bytes() < 800 * 100 * sizeof(float));
}

TEST_CASE("a step that is run leaf by leaf cannot be run alone, and the seconds of all add up") {
  Context context(2);
  Tape tape(context);
  const Var x = tape.placeholder({{2000, 30}, DType::f32}, "x");
  const Var w = tape.variable(normal({30, 200}, DType::f32, 1));
  const std::vector<Var> outputs{
      relu(matmul(relu(matmul(x, w)), tape.variable(normal({200, 50}, DType::f32, 2))))};
  Program program(context, {&x, 1}, outputs, {.batch = {&x, 1}});
  REQUIRE(program.steps()[0].leaf_group == 0);
  CHECK_THROWS_WITH_AS(
      program.steps()[0].run(context),
      "program: step \"matmul + relu [2000,200]\" is run leaf by leaf with others; "
      "it cannot be run by itself",
      Error);
  std::vector<double> seconds(program.steps().size());
  program.run_timed(seconds);
  for (const double each : seconds) CHECK(each > 0.0);
  CHECK(program.leaf_bytes() > 0);
}

TEST_CASE("inputs of a batch have one length") {
  Context context;
  Tape tape(context);
  const std::vector<Var> inputs{tape.placeholder({{30, 2}, DType::f32}, "x"),
                                tape.placeholder({{29, 2}, DType::f32}, "y")};
  const std::vector<Var> outputs{relu(inputs[0]), relu(inputs[1])};
  CHECK_THROWS_WITH_AS(Program(context, inputs, outputs, {.batch = inputs}),
                       "program: the inputs of a batch must have one length along axis 0, got "
                       "[30,2] and [29,2]",
                       Error);
}

TEST_CASE("an error in one leaf arrives, and the program can run again") {
  Context context(3);
  bool fails = true;
  const auto task = [&](Index piece, int, Context&) {
    if (fails && piece == 5) throw Error("piece 5");
  };
  CHECK_THROWS_WITH_AS(context.for_leaves(false, 8, task), "piece 5", Error);
  fails = false;
  context.for_leaves(false, 8, task);
}

}  // namespace autonet::internal
