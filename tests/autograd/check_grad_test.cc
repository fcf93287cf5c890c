#include "autograd/check_grad.h"

#include <doctest/doctest.h>

#include <cmath>

#include "autograd/difference.h"
#include "autograd/error.h"
#include "ops/activation.h"
#include "ops/arithmetic.h"
#include "ops/dropout.h"
#include "ops/math.h"
#include "ops/op_info.h"
#include "ops/reduce.h"

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

TEST_CASE("differences find smooth slopes to ten digits and one-sided ones at a kink") {
  const Slope smooth = difference([](double h) { return std::exp(1.0 + h); }, std::exp(1.0), 1e-3);
  CHECK(smooth.value == doctest::Approx(std::exp(1.0)).epsilon(1e-10));
  CHECK(smooth.uncertainty < 1e-6);
  const Slope kink = difference([](double h) { return std::max(h, 0.0); }, 0.0, 1e-3);
  CHECK(kink.left == doctest::Approx(0.0));
  CHECK(kink.right == doctest::Approx(1.0));
  // One that lies a hair beside the point, so that every step straddles it, is noticed.
  const auto beside = [](double h) { return h + 2e-3 * std::max(h - 1e-9, 0.0); };
  const Slope straddled = difference(beside, 0.0, 1e-3);
  CHECK(std::abs(straddled.value - 1.0) <= 1e-9 + 3 * straddled.uncertainty);
  // A kink nearby is left behind by a smaller step.
  const auto near = [](double h) { return std::max(h + 2e-5, 0.0); };
  CHECK(difference(near, near(0.0), 1e-3).value == doctest::Approx(1.0).epsilon(1e-8));
}

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
        "the rule's gradient is 1.001000 times the change of y wherever they disagree: a factor is "
        "wrong");
  CHECK(report_of(-1.0).tensors[0].diagnosis == "the sign is wrong wherever it was compared");
  CHECK(report_of(0.0).tensors[0].diagnosis ==
        "the rule gives zero where y changes: a term is missing");
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

TEST_CASE("infinities and NaN fail, on either side") {
  // The root's gradient at zero is infinite; to the left of it y is NaN, where the rules say 0.
  const Array zero = Array::zeros({{2}, DType::f64});
  const CheckReport infinite = check([](Tape&, auto x) { return sum(sqrt(x[0])); }, zero);
  CHECK(infinite.verdict == Verdict::failed);
  CHECK(infinite.tensors[0].diagnosis == "the gradient by the rules holds an infinity or NaN");
  const auto edge = [](Tape&, auto x) { return sum(wrong(sqrt(wrong(x[0], 0.0)), 0.0)); };
  const CheckReport outside = check(edge, Array::full({{2}, DType::f64}, 1e-30));
  CHECK(outside.verdict == Verdict::failed);
  CHECK(outside.tensors[0].diagnosis ==
        "y is infinite or NaN a step away: its change cannot be measured");
}

TEST_CASE("slopes that rounding hides are not called wrong") {
  // y is 1e12 and changes by 1e-4: the differences see its rounding.
  const Function buried = [](Tape&, auto x) { return sum(tanh(x[0])) + 1e12; };
  const CheckReport report = check(buried, kPoint);
  CHECK_MESSAGE(report.verdict == Verdict::inconclusive, to_text(report));
  CHECK(report.tensors[0].unclear > 0);
  // A mistake larger than the rounding is still found.
  const Function wrong_too = [](Tape&, auto x) { return sum(exp(wrong(x[0], -1.0))) + 1e6; };
  CHECK(check(wrong_too, kPoint).verdict == Verdict::failed);
}

TEST_CASE("what cannot be checked is an error") {
  CHECK_THROWS_WITH_AS(
      check([](Tape&, auto x) { return x[0]; }, kPoint),
      "grad: y must be a scalar, got [4,5]; take its sum or mean first, or call vjp "
      "with a cotangent",
      Error);
  CHECK_THROWS_WITH_AS(check([](Tape&, auto x) { return sum(x[0]); }, kPoint.to(DType::f32)),
                       "check_grad: \"x\" is f32; differences need f64", Error);
}

}  // namespace autonet
