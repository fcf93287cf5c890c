#include "autonet/autograd/tape.h"

#include <doctest/doctest.h>

#include <cmath>
#include <thread>

#include "autonet/autograd/accumulate.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/reduce.h"

namespace autonet {
namespace {

Array number(double value) {
  return Array::scalar(value, DType::f64);
}

/// y = x. Counts how often it is computed and how often its rule is recorded.
class Counting : public Op {
 public:
  std::string_view name() const override { return "counting"; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context&, std::span<const Array> in, Array& y) const override {
    ++computed;
    y.copy_from(in[0]);
  }
  Var vjp(int, std::span<const Var>, Var, Var ybar) const override {
    ++rules;
    return ybar;
  }
  mutable int computed = 0;
  mutable int rules = 0;
};

}  // namespace

TEST_CASE("recording computes nothing; a value is computed once, with only what it needs") {
  Tape tape;
  const auto op = std::make_shared<Counting>();
  const auto unneeded = std::make_shared<Counting>();
  const Var x = tape.variable(number(3), "x");
  const Var a = tape.record(op, {x});
  const Var b = tape.record(unneeded, {x});
  const Var y = a * a;
  CHECK(op->computed == 0);
  CHECK(y.item() == 9.0);
  CHECK(y.item() == 9.0);
  CHECK(op->computed == 1);
  CHECK(unneeded->computed == 0);
  CHECK(b.valid());
}

TEST_CASE("values of many single numbers are apart, and outlive their tape") {
  std::vector<Array> kept;
  {
    Tape tape;
    const Var x = tape.variable(number(1));
    const Var few = tape.variable(Array::from<float>({3}, {1, 2, 3}));
    std::vector<Var> ys;
    for (int i = 0; i < 300; ++i) {
      ys.push_back(x * (1.0 + i));
      if (i % 100 == 0) ys.push_back(few * (1.0 + i));
    }
    for (const Var& y : ys) kept.push_back(y.value());
    for (Array& y : kept)
      y.set(std::vector<Index>(static_cast<size_t>(y.rank())), y.to_vector()[0] + 0.5);
  }
  size_t at = 0;
  for (int i = 0; i < 300; ++i) {
    CHECK(kept[at++].item() == 1.5 + i);
    if (i % 100 == 0)
      CHECK(kept[at++].to_vector() == std::vector<double>{1.5 + i, 2.0 + 2 * i, 3.0 + 3 * i});
  }
}

namespace {

/// y = x, unless it is told to fail.
class Failing : public Counting {
 public:
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    if (fails) throw Error("told to fail");
    Counting::forward(context, in, y);
  }
  mutable bool fails = true;
};

}  // namespace

TEST_CASE("a call that fails has no value, and is computed when asked again") {
  Tape tape;
  const auto op = std::make_shared<Failing>();
  const Var x = tape.variable(number(3));
  const Var y = 2.0 * tape.record(op, {x * x});
  CHECK_THROWS_WITH_AS(y.item(), "told to fail", Error);
  CHECK_THROWS_WITH_AS(y.item(), "told to fail", Error);
  op->fails = false;
  CHECK(y.item() == 18.0);
}

TEST_CASE("rules are recorded only between y and the requested inputs") {
  Tape tape;
  const auto first = std::make_shared<Counting>();
  const auto second = std::make_shared<Counting>();
  const Var x = tape.variable(number(2));
  const Var w = tape.variable(number(5));
  const Var y = tape.record(first, {x}) * tape.record(second, {w});
  CHECK(grad(y, w).item() == 2.0);
  CHECK(second->rules == 1);
  CHECK(first->rules == 0);  // the gradient for x was not requested
}

TEST_CASE("gradients of inner values, unused inputs, repeated use, third order") {
  Tape tape;
  const Var x = tape.variable(number(0.7));
  const Var unused = tape.variable(Array::zeros({{2, 3}, DType::f64}));
  const Var inside = exp(x);
  const Var y = inside * inside * x;
  const std::vector<Var> xs{inside, unused, x};
  const std::vector<Var> bars = grad(y, xs);
  CHECK(bars[0].item() == doctest::Approx(2 * std::exp(0.7) * 0.7));
  CHECK(bars[1].value().to_vector() == std::vector<double>(6, 0.0));
  CHECK(bars[1].shape() == Shape{2, 3});
  CHECK(bars[2].item() == doctest::Approx(std::exp(1.4) * (1 + 1.4)));
  // (x e^2x)''' = e^2x (8 x + 12)
  const Var third = grad(grad(grad(y, x), x), x);
  CHECK(third.item() == doctest::Approx(std::exp(1.4) * (8 * 0.7 + 12)));
  CHECK(grad(x, x).item() == 1.0);
}

TEST_CASE("forward mode is exact, also at a distance of 1e-300 from a kink") {
  Tape tape;
  const Var x = tape.variable(Array::from<double>({3}, {-1.0, 1e-300, 2.0}));
  const Var u = tape.variable(Array::from<double>({3}, {5.0, 7.0, 11.0}));
  const Var y = relu(x);
  const std::vector<Var> xs{x};
  const std::vector<Var> us{u};
  CHECK(jvp(y, xs, us).value().to_vector() == std::vector<double>{0.0, 7.0, 11.0});
  CHECK(jvp(y, {}, {}).value().to_vector() == std::vector<double>(3, 0.0));
  CHECK_THROWS_WITH_AS(jvp(y, xs, {}), "jvp: 1 points but 0 directions", Error);
}

TEST_CASE("a chain of 200,000 calls is computed and differentiated without recursion") {
  Tape tape;
  const Var x = tape.variable(number(1.0));
  Var y = x;
  constexpr int kDepth = 200'000;
  for (int i = 0; i < kDepth; ++i) y = add_constant(y, 1.0);
  CHECK(y.item() == 1.0 + kDepth);
  CHECK(grad(y, x).item() == 1.0);
}

TEST_CASE("two tapes can be used in two threads") {
  const auto work = [](double start, double& result) {
    for (int round = 0; round < 50; ++round) {
      Tape tape;
      const Var x = tape.variable(Array::full({{8, 8}, DType::f64}, start));
      const Var y = sum(tanh(matmul(x, x)));
      result = grad(y, x).value().at({0, 0});
    }
  };
  double a = 0;
  double b = 0;
  double expected_a = 0;
  double expected_b = 0;
  work(0.01, expected_a);
  work(0.02, expected_b);
  std::thread one(work, 0.01, std::ref(a));
  std::thread two(work, 0.02, std::ref(b));
  one.join();
  two.join();
  CHECK(a == expected_a);
  CHECK(b == expected_b);
}

TEST_CASE("errors name the mistake and the way out") {
  Tape tape;
  Tape other;
  const Var x = tape.placeholder({{2, 3}, DType::f64}, "images");
  CHECK_THROWS_WITH_AS(
      exp(x).value(),
      "value: placeholder \"images\" [2,3] has no numbers; run a Program, or record "
      "on variables",
      Error);
  const Var y = other.variable(number(1));
  CHECK_THROWS_WITH_AS(x + y, "add: an input was recorded on another tape", Error);
  CHECK_THROWS_WITH_AS(
      grad(x, x),
      "grad: y must be a scalar, got [2,3]; take its sum or mean first, or call vjp "
      "with a cotangent",
      Error);
  const std::vector<Var> xs{x};
  CHECK_THROWS_WITH_AS(vjp(x, xs, tape.variable(number(1))),
                       "vjp: the cotangent is [] f64 but y is [2,3] f64", Error);
  CHECK_THROWS_WITH_AS(grad(sum(x), y), "grad: y and x were recorded on different tapes", Error);
  CHECK_THROWS_WITH_AS(Var().shape(), "var: it belongs to no tape; record something first", Error);
  CHECK_THROWS_WITH_AS(tape.variable(Array(), "x"), "variable: array x has no data", Error);
  CHECK_THROWS_WITH_AS(tape.variable(Array()), "variable: array has no data", Error);
}

TEST_CASE("a call without an op or with the wrong number of inputs is an error") {
  Tape tape;
  const Var x = tape.variable(number(2));
  CHECK_THROWS_WITH_AS(tape.record(nullptr, {x}), "record: the op is null", Error);
  const auto unary = std::make_shared<Counting>();
  CHECK_THROWS_WITH_AS(tape.record(unary, {}), "counting: takes 1 input, got 0", Error);
  CHECK_THROWS_WITH_AS(tape.record(unary, {x, x}), "counting: takes 1 input, got 2", Error);
  const Var product = x * x;
  const auto binary = tape.node(product.id()).op;
  CHECK_THROWS_WITH_AS(tape.record(binary, {x}), "mul: takes 2 inputs, got 1", Error);
  CHECK_THROWS_WITH_AS(tape.record(binary, {x, x, x}), "mul: takes 2 inputs, got 3", Error);
  const std::vector<Var> terms{x, x};
  const auto variadic = tape.node(accumulate(terms).id()).op;
  CHECK(tape.record(variadic, {x, x, x}).item() == 6.0);
  CHECK_THROWS_WITH_AS(tape.record(variadic, {}), "accumulate: takes at least 1 input, got 0",
                       Error);
}

TEST_CASE("entries and labels that do not exist are errors") {
  Tape tape;
  Tape other;
  const Var x = tape.variable(number(2));
  const Var y = exp(x);
  CHECK_THROWS_WITH_AS(tape.node(2), "tape: there is no entry 2; it has 2", Error);
  CHECK_THROWS_WITH_AS(tape.value(-1), "tape: there is no entry -1; it has 2", Error);
  CHECK_THROWS_AS(tape.var(7), Error);
  CHECK_THROWS_AS(tape.record_copy(0, {}), Error);  // a leaf
  CHECK_THROWS_WITH_AS(tape.label_text(1), "tape: there is no label 1", Error);
  CHECK_THROWS_WITH_AS(tape.label_text(-1), "tape: there is no label -1", Error);
  for (const Index id : {Index{-5}, Index{1000}, Index{1} << 40}) {
    CHECK_THROWS_AS(tape.var(id), Error);
    CHECK_THROWS_AS(tape.inputs_of(id), Error);
    CHECK_THROWS_AS(tape.value(id), Error);
  }
  const std::vector<Var> xs{x};
  CHECK_THROWS_WITH_AS(vjp(y, xs, other.variable(number(1))),
                       "vjp: y and the cotangent were recorded on different tapes", Error);
}

TEST_CASE("an error names the rule that gives the wrong shape") {
  class Wrong : public Op {
   public:
    std::string_view name() const override { return "wrong"; }
    ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
    void forward(Context&, std::span<const Array> in, Array& y) const override {
      y.copy_from(in[0]);
    }
    Var vjp(int, std::span<const Var>, Var, Var ybar) const override { return sum(ybar); }
  };
  Tape tape;
  const Var x = tape.variable(Array::zeros({{3}, DType::f64}));
  const Var y = sum(tape.record(std::make_shared<Wrong>(), {x}));
  CHECK_THROWS_WITH_AS(grad(y, x),
                       "wrong: the rule for input 0 gives [] f64 but the input is [3] f64", Error);
}

TEST_CASE("a chain of a million calls is recorded and differentiated without recursion") {
  Tape tape;
  const Var x = tape.variable(Array::scalar(0.5, DType::f64));
  Var y = x;
  for (int i = 0; i < 1'000'000; ++i) y = i % 2 == 0 ? y + x : y * x;
  // y -> (y + 1/2) / 2 converges to 1/2, where g -> (g + 1) / 2 + (y + 1/2) = g / 2 + 3/2.
  CHECK(grad(y, x).item() == doctest::Approx(3.0));
  CHECK(y.item() == doctest::Approx(0.5));
}

}  // namespace autonet
