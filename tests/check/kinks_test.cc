// Points at which y has no derivative, or nearly none.
#include <doctest/doctest.h>

#include <cmath>

#include "autonet/check/self_test.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/op_info.h"
#include "autonet/ops/pool.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "tests/check/host_op.h"

namespace autonet {
namespace {

/// y = max(x, 0) with a rule that gives `slope` at 0.
Var relu_with(Var x, double slope) {
  return plain(
      x, [](double v) { return v > 0 ? v : 0.0; },
      [slope](Var p, Var ybar) {
        const Var sides = 0.5 * (sign(p) + 1.0);  // 0, 1/2 or 1
        const Var at_zero = (1.0 - abs(sign(p))) * (slope - 0.5);
        return ybar * (sides + at_zero);
      });
}

}  // namespace

TEST_CASE("at a ReLU's kink the complex step takes the same side as the rule") {
  const Array x = Array::from<double>({4}, {-1.0, 0.0, 0.7, 0.0});
  const CheckReport report = check_point([](Tape&, auto in) { return sum(relu(in[0]) * 3.0); }, x);
  CHECK_MESSAGE(report.passed(), report);
  CHECK(report.tensors[0].zeros == 3);
  CHECK(report.tensors[0].complex_error == 0.0);
}

TEST_CASE("at a kink without a choice, any slope between is right, and any other wrong") {
  const Array x = Array::from<double>({3}, {-1.0, 0.0, 0.7});
  for (const double slope : {0.0, 0.3, 1.0}) {
    CAPTURE(slope);
    const CheckReport report =
        check_point([slope](Tape&, auto in) { return sum(relu_with(in[0], slope)); }, x);
    CHECK_MESSAGE(report.verdict == Verdict::passed, report);
    CHECK(report.rules[0].kinks == 1);
  }
  for (const double slope : {-0.1, 1.1}) {
    CAPTURE(slope);
    CHECK(
        check_point([slope](Tape&, auto in) { return sum(relu_with(in[0], slope)); }, x).verdict ==
        Verdict::failed);
  }
}

TEST_CASE("smaller steps do not reach kinks close to the point") {
  // 2000 ReLUs with inputs within 1e-6 of zero.
  Array x = sample({{2000}}, 3, 1);
  for (Index i = 0; i < x.size(); ++i) x.data<double>()[i] *= 1e-6;
  const CheckReport report = check_point(
      [](Tape&, auto in) { return sum(relu(in[0]) * 1e3 + sum(relu(in[0])) * in[0]); }, x);
  CHECK_MESSAGE(report.verdict != Verdict::failed, report);
  CHECK(report.tensors[0].complex_error < 1e-13);
}

TEST_CASE("at ties of a max-pooling, the slope of the first maximum is right") {
  Array x = Array::full({{1, 4, 4, 1}, DType::f64}, 0.5);
  x.set({0, 0, 0, 0}, 0.9);  // one window has a single maximum
  const CheckReport report = check_point(
      [](Tape&, auto in) {
        return sum(max_pool2d(in[0], {2, 2}, {{2, 1, 1, 0, 0}, {2, 1, 1, 0, 0}, 1}));
      },
      x);
  CHECK_MESSAGE(report.verdict == Verdict::passed, report);
  CHECK(report.tensors[0].complex_error < 1e-14);
}

TEST_CASE("ties in many windows, with weights of both signs, raise no false alarm") {
  // An image without contrast under a convolution: all windows tie. Which of a pixel's one-sided
  // slopes is smaller depends on the signs of all weights that it is multiplied by.
  const Array w = sample({{3, 3, 1, 4}}, 3, 5);
  const Array v = sample({{1, 3, 3, 4}}, 3, 6);
  const Recording net = [&](Tape& tape, std::span<const Var> in) {
    const Var y = conv2d(in[0], tape.constant(w.to(in[0].dtype())), padded(1));
    const Var pooled = max_pool2d(y, {2, 2}, {{2, 1, 1, 0, 0}, {2, 1, 1, 0, 0}, 1});
    return sum(pooled * tape.constant(v.to(in[0].dtype())));
  };
  Array x = Array::full({{1, 6, 6, 1}, DType::f64}, -1.0);
  x.set({0, 2, 3, 0}, 0.8);
  const CheckReport report = check_point(net, x);
  CHECK_MESSAGE(report.verdict != Verdict::failed, report);
  CHECK(report.tensors[0].complex_error < 1e-13);
  // The complex step finds a mistake there too.
  std::string planted;
  const std::vector<Array> points{x};
  const std::vector<std::string> names{"x"};
  const Recording spoilt = with_planted_mistake(net, "factor", points, names, planted);
  CHECK(check_grad(spoilt, points, names).verdict == Verdict::failed);
}

TEST_CASE("only zeros is inconclusive, however exact the complex step is; the report says why") {
  const Array zeros = Array::zeros({{5}, DType::f64});
  const CheckReport kinks = check_point([](Tape&, auto in) { return sum(relu(in[0])); }, zeros);
  CHECK_MESSAGE(kinks.verdict == Verdict::inconclusive, kinks);
  const CheckReport dead =
      check_point([](Tape&, auto in) { return sum(relu(in[0] - 10.0)); }, sample({{5}}, 3, 2));
  CHECK_MESSAGE(dead.verdict == Verdict::inconclusive, dead);
  CHECK(dead.tensors[0].diagnosis ==
        "both sides are zero everywhere: nothing was compared; relu gives 0 everywhere, as its "
        "input is at most -9.11: that layer is dead");
}

TEST_CASE("a rule that is checked only on kinks does not pass") {
  const CheckReport report =
      check_point([](Tape&, auto in) { return sum(relu_with(in[0], 0.5) + in[0]); },
                  Array::zeros({{5}, DType::f64}));
  REQUIRE(report.rules[0].op == "plain");
  CHECK(report.rules[0].verdict == Verdict::inconclusive);
  CHECK(report.rules[0].diagnosis == "not compared: on kinks");
}

TEST_CASE("ties stay ties when rounding is measured, so they add no uncertainty") {
  // A background of equal numbers under a max-pooling, as in scanned digits.
  Array x = Array::full({{2, 6, 6, 1}, DType::f64}, -0.3);
  x.set({0, 2, 3, 0}, 0.8);
  x.set({1, 1, 1, 0}, 0.4);
  const Array w = sample({{3, 3, 1, 4}}, 3, 5);
  const std::vector<Array> points{x, w};
  const std::vector<std::string> names{"x", "w"};
  const CheckReport report = check_grad(
      [](Tape&, std::span<const Var> in) {
        const Var y = tanh(conv2d(in[0], in[1], {{1, 1, 1, 0, 0}, {1, 1, 1, 0, 0}, 1}));
        return sum(max_pool2d(y, {2, 2}, {{2, 1, 1, 0, 0}, {2, 1, 1, 0, 0}, 1}));
      },
      points, names);
  CHECK_MESSAGE(report.verdict == Verdict::passed, report);
  CHECK(report.tensors[1].complex_error < 1e-13);
}

TEST_CASE("many kinks at once of an op without choices raise no false alarm") {
  const auto host_relu = [](Var x) {
    return plain(
        x, [](double v) { return v > 0 ? v : 0.0; },
        [](Var p, Var ybar) { return ybar * (0.5 * (sign(p) + abs(sign(p)))); });
  };
  const auto host_abs = [](Var x) {
    return plain(
        x, [](double v) { return std::abs(v); }, [](Var p, Var ybar) { return ybar * sign(p); });
  };
  const Array w = sample({{4, 5}}, 3, 1);
  const Array four = Array::from<double>({4}, {-1.0, 0.0, 0.7, 0.0});
  Array tiny = sample({{50}}, 3, 2);
  for (Index i = 0; i < tiny.size(); ++i) tiny.data<double>()[i] *= 1e-10;
  const auto alarms = [](const Recording& f, const Array& x) {
    int failed = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const CheckReport report = check_point(f, x, {.seed = seed});
      if (report.verdict != Verdict::failed) continue;
      ++failed;
      MESSAGE("seed " << seed << "\n" << report);
    }
    return failed;
  };
  CHECK(alarms([&](Tape&, auto in) { return sum(host_relu(in[0])); }, four) == 0);
  CHECK(alarms([&](Tape&, auto in) { return sum(host_relu(in[0])); },
               Array::zeros({{5}, DType::f64})) == 0);
  CHECK(alarms([&](Tape&, auto in) { return sum(host_relu(in[0])); }, tiny) == 0);
  CHECK(
      alarms([&](Tape& tape,
                 auto in) { return host_relu(matmul(in[0], tape.constant(w.to(in[0].dtype())))); },
             Array::zeros({{1, 4}, DType::f64})) == 0);
  CHECK(alarms([&](Tape&, auto in) { return sum(host_abs(in[0] * 0.1 * 3.0 - in[0] * 0.3)); },
               sample({{20}}, 3, 3)) == 0);
}

TEST_CASE("a jump is not a kink: no slope is accepted there") {
  const CheckReport report = check_point(
      [](Tape&, auto in) {
        return sum(plain(
            in[0], [](double v) { return v + (v > 0 ? 1.0 : 0.0); },
            [](Var, Var ybar) { return 5.0 * ybar; }));
      },
      Array::zeros({{3}, DType::f64}));
  CHECK(report.rules[0].kinks == 0);
  CHECK(report.verdict != Verdict::passed);
}

}  // namespace autonet
