// The option `exact` of a convolution: handed on by its rules and by fused calls, and stated in its
// attributes.
#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"
#include "ops/cpu/correlate.h"
#include "tests/ops/every_target.h"

namespace autonet {
namespace {

/// A layer for which Winograd's algorithm is used in all three directions: its output, its two
/// gradients, and the gradients of a random sum of those.
std::vector<Var> layer_and_gradients(Tape& tape, bool exact, std::uint64_t seed) {
  Random random(seed);
  const auto leaf = [&](const Shape& shape) {
    return tape.variable(normal(shape, DType::f32, random));
  };
  const Var x = leaf({8, 16, 16, 32});
  const Var w = leaf({3, 3, 32, 48});
  const Var b = leaf({48});
  const Var y = relu(conv2d(x, w, padded(1), {.exact = exact}) + b);
  std::vector<Var> outputs{y};
  const std::vector<Var> xw{x, w};
  for (const Var& bar : vjp(y, xw, leaf(y.shape()))) outputs.push_back(bar);
  const Var xbar = outputs[1];
  const Var wbar = outputs[2];
  for (const Var& bar : vjp(xbar, std::vector<Var>{w}, leaf(xbar.shape()))) outputs.push_back(bar);
  for (const Var& bar : vjp(wbar, std::vector<Var>{x}, leaf(wbar.shape()))) outputs.push_back(bar);
  return outputs;
}

std::vector<Array> values_of(bool exact, std::uint64_t seed, bool fuse) {
  Context context;
  Tape tape(context);
  const std::vector<Var> outputs = layer_and_gradients(tape, exact, seed);
  Program program(context, {}, outputs, {.fuse = fuse});
  program.run();
  std::vector<Array> values;
  for (size_t i = 0; i < outputs.size(); ++i) values.push_back(program.output(i).clone());
  return values;
}

bool same_bits(const Array& a, const Array& b) {
  return a.type() == b.type() &&
         std::memcmp(a.clone().raw(), b.clone().raw(), a.type().bytes()) == 0;
}

}  // namespace

TEST_CASE("the rules of an exact convolution, and their rules, record exact convolutions") {
  for (const bool exact : {false, true}) {
    CAPTURE(exact);
    Tape tape;
    layer_and_gradients(tape, exact, 62);
    int convolutions = 0;
    for (Index id = 0; id < tape.size(); ++id) {
      const Node& node = tape.node(id);
      if (node.op == nullptr || node.op->name() != "conv2d") continue;
      ++convolutions;
      INFO(node.op->attributes());
      CHECK((node.op->attributes().find("exact") != std::string::npos) == exact);
    }
    CHECK(convolutions >= 5);
  }
}

TEST_CASE("an exact convolution sums plainly, alone and joined with other calls") {
  constexpr std::uint64_t kSeed = 63;
  CAPTURE(kSeed);
  const std::vector<Array> fast = values_of(false, kSeed, false);
  const std::vector<Array> exact = values_of(true, kSeed, false);
  const std::vector<Array> joined = values_of(true, kSeed, true);
  for (size_t i = 0; i < exact.size(); ++i) {
    CAPTURE(i);
    CHECK(same_bits(joined[i], exact[i]));
    // The output and its two gradients are computed by Winograd's algorithm otherwise.
    if (i < 3) CHECK_FALSE(same_bits(fast[i], exact[i]));
    CHECK(relative_error(fast[i], exact[i]) < 2e-5);
  }
}

}  // namespace autonet
