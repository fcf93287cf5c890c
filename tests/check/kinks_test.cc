// What the check does where y has no derivative, or hardly one.
#include <doctest/doctest.h>

#include <cmath>

#include "check/check_grad.h"
#include "check/self_test.h"
#include "ops/activation.h"
#include "ops/arithmetic.h"
#include "ops/conv2d.h"
#include "ops/math.h"
#include "ops/matmul.h"
#include "ops/op_info.h"
#include "ops/pool.h"
#include "ops/reduce.h"
#include "ops/views.h"
#include "tests/check/plain_op.h"

namespace autonet {
namespace {

CheckReport check(const Recording& f, const Array& point) {
  const std::vector<Array> points{point};
  const std::vector<std::string> names{"x"};
  return check_grad(f, points, names);
}

/// y = max(x, 0) whose slope at 0 is said to be `slope`.
class ReluWith : public Op {
 public:
  explicit ReluWith(double slope) : slope_(slope) {}
  std::string_view name() const override { return "relu_with"; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context&, std::span<const Array> in, Array& y) const override {
    const std::vector<double> x = in[0].to_vector();
    for (size_t i = 0; i < x.size(); ++i) y.data<double>()[i] = x[i] > 0 ? x[i] : 0.0;
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    const Var sides = 0.5 * (sign(in[0]) + 1.0);  // 0, 1/2 or 1
    const Var at_zero = (1.0 - abs(sign(in[0]))) * (slope_ - 0.5);
    return ybar * (sides + at_zero);
  }

 private:
  double slope_;
};

Var relu_with(Var x, double slope) {
  return x.tape().record(std::make_shared<ReluWith>(slope), {x});
}

}  // namespace

TEST_CASE("on a ReLU's kink the slopes to both sides are reported, and one between is right") {
  const Array x = Array::from<double>({4}, {-1.0, 0.0, 0.7, 0.0});
  const CheckReport report = check([](Tape&, auto in) { return sum(relu(in[0]) * 3.0); }, x);
  CHECK_MESSAGE(report.passed(), report);
  const TensorCheck& tensor = report.tensors[0];
  CHECK(tensor.kinks == 2);
  CHECK(tensor.zeros == 1);
  CHECK(tensor.kink_position == std::vector<Index>{3});
  CHECK(tensor.kink_left == doctest::Approx(0.0));
  CHECK(tensor.kink_right == doctest::Approx(3.0));
  CHECK(to_text(report).find("x: 2 of 4 elements on kinks, the last at [3], slopes 0 and 3 to its "
                             "sides") != std::string::npos);
}

TEST_CASE("a kink that the op does not tell of: any slope between is right, any other wrong") {
  const Array x = Array::from<double>({3}, {-1.0, 0.0, 0.7});
  for (const double slope : {0.0, 0.3, 1.0}) {
    CAPTURE(slope);
    const CheckReport report =
        check([slope](Tape&, auto in) { return sum(relu_with(in[0], slope)); }, x);
    CHECK_MESSAGE(report.verdict == Verdict::passed, report);
    CHECK(report.tensors[0].kinks == 1);
  }
  for (const double slope : {-0.1, 1.1}) {
    CAPTURE(slope);
    CHECK(check([slope](Tape&, auto in) { return sum(relu_with(in[0], slope)); }, x).verdict ==
          Verdict::failed);
  }
}

TEST_CASE("kinks a hair beside the point are passed over by smaller steps") {
  // 2000 ReLUs whose inputs lie within 1e-6 of zero.
  Array x = sample({{2000}}, 3, 1);
  for (Index i = 0; i < x.size(); ++i) x.data<double>()[i] *= 1e-6;
  const CheckReport report =
      check([](Tape&, auto in) { return sum(relu(in[0]) * 1e3 + sum(relu(in[0])) * in[0]); }, x);
  CHECK_MESSAGE(report.verdict != Verdict::failed, report);
  CHECK(report.tensors[0].complex_error < 1e-13);
}

TEST_CASE("ties of a max-pooling are kinks, between which the first maximum's slope is right") {
  Array x = Array::full({{1, 4, 4, 1}, DType::f64}, 0.5);
  x.set({0, 0, 0, 0}, 0.9);  // one window has a maximum of its own
  const CheckReport report = check(
      [](Tape&, auto in) {
        return sum(max_pool2d(in[0], {2, 2}, {{2, 1, 1, 0, 0}, {2, 1, 1, 0, 0}, 1}));
      },
      x);
  CHECK_MESSAGE(report.verdict == Verdict::passed, report);
  CHECK(report.tensors[0].kinks == 12);
  CHECK(report.tensors[0].zeros == 3);
}

TEST_CASE("ties in many windows at once, some weighed up and some down, raise no false alarm") {
  // A picture without contrast under a convolution: all windows tie, and whether a pixel's slope to
  // the left is the smaller one depends on the signs of all that it meets.
  const Array w = sample({{3, 3, 1, 4}}, 3, 5);
  const Array v = sample({{1, 3, 3, 4}}, 3, 6);
  const Recording net = [&](Tape& tape, std::span<const Var> in) {
    const Var y = conv2d(in[0], tape.constant(w.to(in[0].dtype())), padded(1));
    const Var pooled = max_pool2d(y, {2, 2}, {{2, 1, 1, 0, 0}, {2, 1, 1, 0, 0}, 1});
    return sum(pooled * tape.constant(v.to(in[0].dtype())));
  };
  Array x = Array::full({{1, 6, 6, 1}, DType::f64}, -1.0);
  x.set({0, 2, 3, 0}, 0.8);
  const CheckReport report = check(net, x);
  CHECK_MESSAGE(report.verdict != Verdict::failed, report);
  CHECK(report.tensors[0].kinks > 4);
  CHECK(report.tensors[0].direction_crossed);
  CHECK(report.tensors[0].complex_error < 1e-13);
  // There too a mistake is found, by the complex step.
  std::string planted;
  const std::vector<Array> points{x};
  const std::vector<std::string> names{"x"};
  const Recording spoilt = with_planted_mistake(net, "factor", points, names, planted);
  CHECK(check_grad(spoilt, points, names).verdict == Verdict::failed);
}

TEST_CASE(
    "nothing but kinks, or nothing but zeros, is inconclusive, however exact forward mode is") {
  const Array zeros = Array::zeros({{5}, DType::f64});
  const CheckReport kinks = check([](Tape&, auto in) { return sum(relu(in[0])); }, zeros);
  CHECK_MESSAGE(kinks.verdict == Verdict::inconclusive, kinks);
  CHECK(kinks.tensors[0].diagnosis == "all that is not zero lies on kinks");
  const Array tied = Array::full({{1, 4, 4, 1}, DType::f64}, 0.5);
  const CheckReport ties = check(
      [](Tape&, auto in) {
        return sum(max_pool2d(in[0], {4, 4}, {}));
      },
      tied);
  CHECK_MESSAGE(ties.verdict == Verdict::inconclusive, ties);
  const CheckReport dead =
      check([](Tape&, auto in) { return sum(relu(in[0] - 10.0)); }, sample({{5}}, 3, 2));
  CHECK_MESSAGE(dead.verdict == Verdict::inconclusive, dead);
  CHECK(dead.tensors[0].diagnosis == "both sides are zero everywhere: nothing was compared");
}

TEST_CASE("a rule that is looked at on kinks alone is not said to have passed") {
  const CheckReport report =
      check([](Tape&, auto in) { return sum(relu_with(in[0], 0.5) + in[0]); },
            Array::zeros({{5}, DType::f64}));
  REQUIRE(report.rules[0].op == "relu_with");
  CHECK(report.rules[0].verdict == Verdict::inconclusive);
  CHECK(report.rules[0].diagnosis == "not compared: on kinks at every call");
}

TEST_CASE("ties stay ties when rounding is measured: they raise no doubt") {
  // A background of equal numbers under a max-pooling, as scanned digits have.
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

TEST_CASE("many kinks of an op that tells of none, at once, raise no false alarm") {
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
      CheckGradOptions options;
      options.seed = seed;
      const std::vector<Array> points{x};
      const std::vector<std::string> names{"x"};
      const CheckReport report = check_grad(f, points, names, options);
      if (report.verdict == Verdict::failed) {
        ++failed;
        MESSAGE(report);
      }
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

TEST_CASE("a jump is no kink: no slope lies between") {
  const CheckReport report = check(
      [](Tape&, auto in) {
        return sum(plain(
            in[0], [](double v) { return v + (v > 0 ? 1.0 : 0.0); },
            [](Var, Var ybar) { return 5.0 * ybar; }));
      },
      Array::zeros({{3}, DType::f64}));
  CHECK(report.tensors[0].kinks == 0);
  CHECK(report.verdict != Verdict::passed);
}

}  // namespace autonet
