#include "check/check_grad.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cmath>

#include "autograd/error.h"
#include "ops/activation.h"
#include "ops/arithmetic.h"
#include "ops/dropout.h"
#include "ops/math.h"
#include "ops/matmul.h"
#include "ops/op_info.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "tests/check/plain_op.h"

namespace autonet {
namespace {

/// y = x with a rule that is wrong by a factor.
class Factor : public Op {
 public:
  explicit Factor(double factor) : factor_(factor) {}
  std::string_view name() const override { return "factor"; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context&, std::span<const Array> in, Array& y) const override { y.copy_from(in[0]); }
  Var vjp(int, std::span<const Var>, Var, Var ybar) const override { return factor_ * ybar; }

 private:
  double factor_;
};

Var wrong(Var x, double factor) {
  return x.tape().record(std::make_shared<Factor>(factor), {x});
}

using Function = std::function<Var(Tape&, std::span<const Var>)>;

CheckReport check(const Function& f, const Array& point, Index elements = 2000) {
  const std::vector<Array> points{point};
  const std::vector<std::string> names{"x"};
  CheckGradOptions options;
  options.max_elements = elements;
  return check_grad(f, points, names, options);
}

const Array kPoint = sample({{4, 5}, -2, 2}, 8, 1);

}  // namespace

TEST_CASE("right gradients pass, with small errors") {
  const CheckReport report =
      check([](Tape&, auto x) { return sum(tanh(x[0]) * exp(x[0])); }, kPoint);
  CHECK_MESSAGE(report.verdict == Verdict::passed, to_text(report));
  CHECK(report.tensors[0].checked == 20);
  CHECK(report.tensors[0].worst_relative < 1e-8);
  CHECK(report.tensors[0].direction_error < 1e-8);
}

TEST_CASE("1 part in 1000, a sign, and a missing term are caught and diagnosed") {
  const auto report_of = [](double factor) {
    return check([factor](Tape&, auto x) { return sum(exp(wrong(x[0], factor))); }, kPoint);
  };
  CHECK(report_of(1.001).verdict == Verdict::failed);
  CHECK(report_of(1.001).tensors[0].diagnosis ==
        "it is 1.001 times the change of y: a factor is wrong");
  CHECK(report_of(-1.0).tensors[0].diagnosis == "the sign is wrong");
  CHECK(report_of(0.0).tensors[0].diagnosis == "it is zero where y changes: a term is missing");
  CHECK(report_of(1.0).verdict == Verdict::passed);
}

TEST_CASE("a wrong gradient is caught along a direction though no element is looked at") {
  const CheckReport report =
      check([](Tape&, auto x) { return sum(exp(wrong(x[0], 1.001))); }, kPoint, 0);
  CHECK(report.tensors[0].checked == 0);
  CHECK(report.verdict == Verdict::failed);
}

TEST_CASE("a sample checks as many elements as it says") {
  const CheckReport report = check([](Tape&, auto x) { return sum(exp(x[0])); }, kPoint, 7);
  CHECK(report.tensors[0].checked == 7);
  CHECK(report.tensors[0].total == 20);
}

TEST_CASE("nothing but zeros or kinks is inconclusive") {
  const CheckReport dead = check([](Tape&, auto x) { return sum(relu(x[0] - 10.0)); }, kPoint);
  CHECK(dead.verdict == Verdict::inconclusive);
  CHECK(dead.tensors[0].zeros == 20);
  const Array zero = Array::zeros({{3}, DType::f64});
  const CheckReport kinks = check([](Tape&, auto x) { return sum(abs(x[0])); }, zero);
  CHECK(kinks.verdict == Verdict::inconclusive);
}

TEST_CASE("an infinity or NaN in the gradient fails, one a step away is not compared") {
  // The root's gradient at zero is infinite; to the left of it y is NaN, where the rules say 0.
  const Array zero = Array::zeros({{2}, DType::f64});
  const CheckReport infinite = check([](Tape&, auto x) { return sum(sqrt(x[0])); }, zero);
  CHECK(infinite.verdict == Verdict::failed);
  CHECK(infinite.tensors[0].diagnosis ==
        "the gradient by the rules holds an infinity or NaN, first at [0]");
  // At the edge of its domain y has a value to one side alone.
  const auto edge = [](Tape&, auto x) {
    return sum(plain(
        x[0], [](double v) { return v < 1 ? std::nan("") : v; },
        [](Var, Var ybar) { return 1.0 * ybar; }));
  };
  const CheckReport outside = check(edge, Array::full({{2}, DType::f64}, 1.0));
  CHECK(outside.verdict == Verdict::inconclusive);
  CHECK(outside.tensors[0].unclear == 2);
  CHECK(outside.tensors[0].diagnosis ==
        "y is infinite or NaN a step away: its change cannot be measured");
}

TEST_CASE("a NaN at one element is reported where it is") {
  const CheckReport report = check(
      [](Tape&, auto x) {
        return sum(plain(
            x[0], [](double v) { return std::exp(v); },
            [](Var p, Var ybar) {
              Array spoilt = Array::full({{6}, DType::f64}, 1.0);
              spoilt.set({2}, std::nan(""));
              return ybar * exp(p) * p.tape().constant(spoilt.to(p.dtype()));
            }));
      },
      sample({{6}, -1, 1}, 8, 4));
  CHECK(report.verdict == Verdict::failed);
  CHECK(report.tensors[0].diagnosis ==
        "the gradient by the rules holds an infinity or NaN, first at [2]");
  CHECK(report.tensors[0].worst_position == std::vector<Index>{2});
  CHECK(std::isnan(report.tensors[0].worst_absolute));
  CHECK(report.rules[0].diagnosis == "it gives an infinity or NaN, first at [2]");
}

TEST_CASE("an op that says that it is linear and is not is told apart from a wrong rule") {
  class NotLinear : public PlainOp {
   public:
    using PlainOp::PlainOp;
    bool linear_in(int) const override { return true; }
  };
  const auto square = std::make_shared<NotLinear>([](double v) { return v * v; },
                                                  [](Var x, Var ybar) { return 2.0 * (ybar * x); });
  const CheckReport report =
      check([&](Tape& tape, auto x) { return sum(tape.record(square, {x[0]})); }, kPoint);
  CHECK(report.verdict == Verdict::failed);
  CHECK(report.rules[0].diagnosis ==
        "differences agree with the rule; is it linear in that input, as it says?");
  CHECK(report.tensors[0].diagnosis ==
        "differences agree; what takes no step disagrees: see the rules");
}

TEST_CASE("a check that is stopped reports what it knows, and that it was stopped") {
  const std::vector<Array> points{kPoint, kPoint, kPoint};
  const std::vector<std::string> names{"a", "b", "c"};
  std::atomic<bool> stop = false;
  for (const std::string at : {"each rule by itself", "whole numbers", "b, tensor 2 of 3"}) {
    CAPTURE(at);
    stop = false;
    CheckGradOptions options;
    options.stop = &stop;
    options.progress = [&](const std::string& what) { stop = stop || what == at; };
    const CheckReport report = check_grad(
        [](Tape&, auto in) { return sum(in[0] * exp(in[1]) * in[2]); }, points, names, options);
    CHECK(report.stopped);
    CHECK(report.verdict == Verdict::inconclusive);
    CHECK(report.tensors.size() == (at.starts_with("b,") ? 2 : 0));
    CHECK(to_text(report).find("Stopped before all was checked.") != std::string::npos);
    CHECK(to_junit(report, "x").find("<error message=\"INCONCLUSIVE: stopped") !=
          std::string::npos);
  }
}

TEST_CASE("slopes that rounding hides are not called wrong") {
  // y is 1e12 and changes by 1e-4: the differences see its rounding.
  const Function buried = [](Tape&, auto x) { return sum(tanh(wrong(x[0], 1.0))) + 1e12; };
  const CheckReport report = check(buried, kPoint);
  CHECK_MESSAGE(report.verdict == Verdict::inconclusive, to_text(report));
  CHECK(report.tensors[0].unclear == 20);
  CHECK(report.tensors[0].kinks == 0);
  // The complex step does not subtract, so it sees through that where every op has one.
  const CheckReport clear = check([](Tape&, auto x) { return sum(tanh(x[0])) + 1e12; }, kPoint);
  CHECK_MESSAGE(clear.verdict == Verdict::passed, to_text(clear));
  CHECK(clear.tensors[0].complex_error < 1e-14);
  // A mistake larger than the rounding is still found.
  const Function wrong_too = [](Tape&, auto x) { return sum(exp(wrong(x[0], -1.0))) + 1e6; };
  CHECK(check(wrong_too, kPoint).verdict == Verdict::failed);
}

TEST_CASE("a y of any shape is contracted with a random cotangent, never with ones") {
  // The sum of a softmax is constant: with ones, nothing would be seen of its rule.
  const CheckReport report = check([](Tape&, auto x) { return softmax(x[0]); }, kPoint);
  CHECK_MESSAGE(report.passed(), report);
  CHECK(report.tensors[0].zeros == 0);
}

TEST_CASE("only the tensors asked for are checked, and one that is not there is an error") {
  const std::vector<Array> points{kPoint, kPoint};
  const std::vector<std::string> names{"fc/weight", "fc/bias"};
  const Function f = [](Tape&, auto x) { return sum(x[0] * x[1]); };
  CheckGradOptions options;
  options.only = {"fc/bias"};
  const CheckReport report = check_grad(f, points, names, options);
  REQUIRE(report.tensors.size() == 1);
  CHECK(report.tensors[0].name == "fc/bias");
  options.only = {"fc"};
  CHECK(check_grad(f, points, names, options).tensors.size() == 2);
  options.only = {"conv"};
  CHECK_THROWS_WITH_AS(check_grad(f, points, names, options),
                       "check_grad: nothing is called \"conv\"; there are fc/weight, fc/bias",
                       Error);
}

TEST_CASE("a computation that is not the same twice fails, and nothing else is claimed") {
  /// y = x, and a little more each time.
  class Drifting : public Op {
   public:
    std::string_view name() const override { return "drifting"; }
    ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
    void forward(Context&, std::span<const Array> in, Array& y) const override {
      y.copy_from(in[0]);
      if (y.size() > 0) y.set({0, 0}, y.at({0, 0}) + (drift_ += 1e-9));
    }
    Var vjp(int, std::span<const Var>, Var, Var ybar) const override { return ybar; }

   private:
    mutable double drift_ = 0.0;
  };
  const CheckReport report = check(
      [](Tape& tape, auto x) { return sum(tape.record(std::make_shared<Drifting>(), {x[0]})); },
      kPoint);
  CHECK(report.verdict == Verdict::failed);
  CHECK(report.tensors.empty());
  REQUIRE(report.claims.size() == 1);
  CHECK(report.claims[0].details ==
        "two forward passes differ; hold random masks and states still");
}

TEST_CASE("order two: the gradient's gradient, and a Hessian that is symmetric") {
  const Array x = sample({{3, 2}, -1, 1}, 5, 1);
  const Array w = sample({{2, 4}, -1, 1}, 5, 2);
  const std::vector<Array> points{x, w};
  const std::vector<std::string> names{"x", "w"};
  CheckGradOptions options;
  options.order = 2;
  const CheckReport report = check_grad(
      [](Tape&, auto in) { return sum(tanh(matmul(in[0], in[1]))); }, points, names, options);
  CHECK_MESSAGE(report.passed(), report);
  REQUIRE(report.second.size() == 1);
  for (const ClaimCheck& claim : report.second[0].claims) {
    if (claim.name == "symmetric") CHECK(claim.worst < 1e-14);
    if (claim.name == "curvature") CHECK(claim.worst < 1e-8);
    CHECK(claim.verdict == Verdict::passed);
  }
  for (const TensorCheck& tensor : report.second[0].tensors) {
    CHECK(tensor.complex_error < 1e-13);
    CHECK(tensor.direction_error < 1e-8);
    CHECK(tensor.zeros == 0);
  }
}

TEST_CASE("order two finds a rule that is right in value and wrong in its own derivative") {
  /// y = x^2 whose rule 2 x ybar holds x still: right at order one.
  class Square : public Op {
   public:
    std::string_view name() const override { return "still_square"; }
    ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
    void forward(Context&, std::span<const Array> in, Array& y) const override {
      for (Index i = 0; i < y.size(); ++i) {
        const double x = in[0].to_vector()[static_cast<size_t>(i)];
        y.data<double>()[i] = x * x;
      }
    }
    std::optional<Array> complex_step(Context&, std::span<const Array> in, int,
                                      const Array& u) const override {
      Array y = Array::zeros(in[0].type());
      for (Index i = 0; i < y.size(); ++i) {
        const auto at = static_cast<size_t>(i);
        y.data<double>()[i] = 2 * in[0].to_vector()[at] * u.to_vector()[at];
      }
      return y;
    }
    Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
      const Var still = in[0].tape().constant(kPoint);
      return 2.0 * (still * ybar);
    }
  };
  const Function f = [](Tape& tape, auto x) {
    return sum(tape.record(std::make_shared<Square>(), {x[0]}));
  };
  CHECK(check(f, kPoint).passed());
  const std::vector<Array> points{kPoint};
  const std::vector<std::string> names{"x"};
  CheckGradOptions options;
  options.order = 2;
  const CheckReport report = check_grad(f, points, names, options);
  // The rule has no x in it, so nothing that is recorded moves; but y bends.
  CHECK_MESSAGE(report.verdict == Verdict::failed, report);
  CHECK(report.second[0].claims.back().name == "curvature");
  CHECK(report.second[0].claims.back().verdict == Verdict::failed);
}

TEST_CASE("options that mean nothing, and two points of one name, are errors") {
  const std::vector<Array> points{kPoint, kPoint};
  const std::vector<std::string> names{"x", "x"};
  const Function f = [](Tape&, auto in) { return sum(in[0] * in[1]); };
  CHECK_THROWS_WITH_AS(check_grad(f, points, names), "check_grad: two points are called \"x\"",
                       Error);
  const std::vector<std::string> different{"x", "w"};
  for (const int order : {0, 3}) {
    CheckGradOptions options;
    options.order = order;
    CHECK_THROWS_AS(check_grad(f, points, different, options), Error);
  }
  CheckGradOptions nan;
  nan.rtol = std::nan("");
  CHECK_THROWS_AS(check_grad(f, points, different, nan), Error);
}

TEST_CASE("a rule that gives nothing is an error that names it") {
  const auto none = [](Tape&, auto x) {
    return sum(plain(
        x[0], [](double v) { return v; }, [](Var, Var) { return Var(); }));
  };
  CHECK_THROWS_WITH_AS(check(none, kPoint),
                       "plain: the rule for input 0 gives an empty Var; where there is no "
                       "derivative, say so in differentiable()",
                       Error);
}

TEST_CASE("what cannot be checked is an error") {
  CHECK_THROWS_WITH_AS(check([](Tape&, auto x) { return sum(x[0]); }, kPoint.to(DType::f32)),
                       "check_grad: \"x\" is f32; differences need f64", Error);
  const std::vector<Array> points{kPoint};
  CHECK_THROWS_WITH_AS(check_grad([](Tape&, auto x) { return sum(x[0]); }, points, {}),
                       "check_grad: 1 points but 0 names", Error);
}

}  // namespace autonet
