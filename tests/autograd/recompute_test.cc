// Blocks whose values are computed again for their rules: the same numbers with less memory.
#include <doctest/doctest.h>

#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/dropout.h"
#include "autonet/ops/math.h"
#include "autonet/ops/reduce.h"

namespace autonet {
namespace {

Array numbers(const Shape& shape) {
  Random random(8);
  Array values = Array::uninitialized({shape, DType::f64});
  for (Index i = 0; i < values.size(); ++i) values.data<double>()[i] = random.uniform(0.1, 0.9);
  return values;
}

/// Eight blocks, each of four elementwise calls whose rules read a value, and a dropout mask.
struct Deep {
  Tape tape;
  Var x = tape.variable(numbers({1000}));
  Var step = tape.constant(Array::scalar(3.0, DType::f64));
  std::vector<Var> outputs;

  explicit Deep(bool recompute) {
    Var y = x;
    for (std::uint64_t i = 0; i < 8; ++i) {
      std::optional<Recompute> block;
      if (recompute) block.emplace(tape);
      y = dropout(exp(-1.0 * sqrt(y * y + 1.0)), step, 0.1, 5, i);
    }
    const Var loss = sum(y);
    outputs = {loss, grad(loss, x)};
  }
};

}  // namespace

TEST_CASE("a recomputed block gives the same bits with less memory") {
  Context context;
  std::vector<Array> gradients;
  std::vector<std::size_t> bytes;
  size_t again = 0;
  for (const bool recompute : {false, true}) {
    Deep deep(recompute);
    Program program(context, {}, deep.outputs);
    program.run();
    gradients.push_back(program.output(1).clone());
    bytes.push_back(program.arena_bytes());
    for (const Step& step : program.steps()) {
      for (const StepCall& call : step.calls) again += call.again;
    }
  }
  CHECK(gradients[0].to_vector() == gradients[1].to_vector());
  CHECK(again > 8);
  CHECK(bytes[1] * 2 < bytes[0]);
}

TEST_CASE("second derivatives of recomputed blocks are right") {
  const auto second = [](bool recompute) {
    Deep deep(recompute);
    const Var g = deep.outputs[1];
    return grad(sum(g * g), deep.x).value().to_vector();
  };
  const std::vector<double> a = second(true);
  const std::vector<double> b = second(false);
  // The two contributions to a cotangent are added in another order.
  for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-12));
}

TEST_CASE("a value read inside and outside of its block gets both cotangents") {
  const auto gradient = [](bool recompute) {
    Tape tape;
    const Var x = tape.variable(numbers({5}));
    std::optional<Recompute> block;
    if (recompute) block.emplace(tape);
    const Var inside = exp(x);
    const Var y = inside * inside;
    block.reset();
    return grad(sum(y * inside), x).value().to_vector();
  };
  CHECK(gradient(true) == gradient(false));
}

TEST_CASE("blocks do not nest") {
  Tape tape;
  const Recompute block(tape);
  CHECK_THROWS_WITH_AS(Recompute{tape}, "recompute: a block is open already; blocks do not nest",
                       Error);
}

}  // namespace autonet
