#include "autonet/check/check_grad.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/op_info.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "tests/check/host_op.h"

namespace autonet {
namespace {

/// y = x with a rule that is wrong by a factor.
Var wrong(Var x, double factor) {
  return plain(
      x, [](double v) { return v; }, [factor](Var, Var ybar) { return factor * ybar; });
}

const std::vector<std::string> kTwoNames{"x", "w"};

/// The claim of that name.
const ClaimCheck& claim_of(const CheckReport& report, const std::string& name) {
  const auto found = std::ranges::find(report.claims, name, &ClaimCheck::name);
  REQUIRE(found != report.claims.end());
  return *found;
}

const Array kPoint = sample({{4, 5}, -2, 2}, 8, 1);

}  // namespace

TEST_CASE("right gradients pass with small errors") {
  const CheckReport report =
      check_point([](Tape&, auto x) { return sum(tanh(x[0]) * exp(x[0])); }, kPoint);
  CHECK_MESSAGE(report.verdict == Verdict::passed, to_text(report));
  CHECK(report.tensors[0].checked == 20);
  CHECK(report.tensors[0].worst_relative < 1e-8);
  CHECK(report.tensors[0].complex_error < 1e-14);
  CHECK(claim_of(report, "differences").worst < 1e-8);
}

TEST_CASE("an error of 1 in 1000, a wrong sign and a missing term are found and described") {
  const auto report_of = [](double factor) {
    return check_point([factor](Tape&, auto x) { return sum(exp(wrong(x[0], factor))); }, kPoint);
  };
  CHECK(report_of(1.001).verdict == Verdict::failed);
  CHECK(report_of(1.001).tensors[0].diagnosis ==
        "it is 1.001 times the change of y: a factor is wrong");
  CHECK(report_of(-1.0).tensors[0].diagnosis == "the sign is wrong");
  CHECK(report_of(0.0).tensors[0].diagnosis == "it is zero where y changes: a term is missing");
  CHECK(report_of(1.0).verdict == Verdict::passed);
}

TEST_CASE("a direction alone shows a wrong gradient") {
  const CheckReport report = check_point([](Tape&, auto x) { return sum(exp(wrong(x[0], 1.001))); },
                                         kPoint, {.max_elements = 0});
  CHECK(report.tensors[0].checked == 0);
  CHECK(report.verdict == Verdict::failed);
}

TEST_CASE("max_elements is the number of elements checked") {
  const CheckReport report =
      check_point([](Tape&, auto x) { return sum(exp(x[0])); }, kPoint, {.max_elements = 7});
  CHECK(report.tensors[0].checked == 7);
  CHECK(report.tensors[0].total == 20);
}

TEST_CASE("only zeros or only kinks is inconclusive") {
  const CheckReport dead =
      check_point([](Tape&, auto x) { return sum(relu(x[0] - 10.0)); }, kPoint);
  CHECK(dead.verdict == Verdict::inconclusive);
  CHECK(dead.tensors[0].zeros == 20);
  const Array zero = Array::zeros({{3}, DType::f64});
  const CheckReport kinks = check_point([](Tape&, auto x) { return sum(abs(x[0])); }, zero);
  CHECK(kinks.verdict == Verdict::inconclusive);
}

TEST_CASE("an infinity or NaN in the gradient fails; one step away, it is not compared") {
  // The gradient of the root is infinite at zero.
  const Array zero = Array::zeros({{2}, DType::f64});
  const CheckReport infinite = check_point([](Tape&, auto x) { return sum(sqrt(x[0])); }, zero);
  CHECK(infinite.verdict == Verdict::failed);
  CHECK(infinite.tensors[0].diagnosis ==
        "the gradient by the rules has an infinity or NaN, first at [0]");
  // At the edge of its domain, y is finite on one side only.
  const auto edge = [](Tape&, auto x) {
    return sum(plain(
        x[0], [](double v) { return v < 1 ? std::nan("") : v; },
        [](Var, Var ybar) { return 1.0 * ybar; }));
  };
  const CheckReport outside = check_point(edge, Array::full({{2}, DType::f64}, 1.0));
  CHECK(outside.verdict == Verdict::inconclusive);
  const std::string why =
      "not compared: rounding hides the slope of 3 of 3 numbers, or y has no value one step away, "
      "and there is no complex step";
  CHECK(outside.rules[0].diagnosis == why);
  CHECK(outside.tensors[0].diagnosis == why);
}

TEST_CASE("the report names the element with a NaN") {
  const CheckReport report = check_point(
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
        "the gradient by the rules has an infinity or NaN, first at [2]");
  CHECK(report.tensors[0].worst_position == std::vector<Index>{2});
  CHECK(std::isnan(report.tensors[0].worst_absolute));
  CHECK(report.rules[0].diagnosis == "it gives an infinity or NaN, first at [2]");
}

TEST_CASE("a wrong claim that an op is linear is told apart from a wrong rule") {
  const auto square = host_op({.value = [](auto x) { return x[0] * x[0]; },
                               .rule = [](int, auto x, Var ybar) { return 2.0 * (ybar * x[0]); },
                               .linear = {0}});
  const CheckReport report = check_op(square, {kPoint});
  CHECK(report.verdict == Verdict::failed);
  CHECK(report.rules[0].diagnosis ==
        "differences agree with the rule, so probably the op's linear_in is wrong for this input");
  CHECK(report.tensors[0].verdict == Verdict::failed);
}

TEST_CASE("a check that is stopped reports what was checked, and that it was stopped") {
  const std::vector<Array> points{kPoint, kPoint, kPoint};
  const std::vector<std::string> names{"a", "b", "c"};
  std::atomic<bool> stop = false;
  for (const std::string at : {"each rule by itself", "differences", "b, tensor 2 of 3"}) {
    CAPTURE(at);
    stop = false;
    const CheckReport report = check_grad(
        [](Tape&, auto in) { return sum(in[0] * exp(in[1]) * in[2]); }, points, names,
        {.stop = &stop, .progress = [&](const std::string& what) { stop = stop || what == at; }});
    CHECK(report.stopped);
    CHECK(report.verdict == Verdict::inconclusive);
    CHECK(report.tensors.size() == (at.starts_with("b,") ? 2 : 0));
    CHECK(to_text(report).starts_with("INCONCLUSIVE: stopped before everything was checked\n"));
  }
}

TEST_CASE("a slope that rounding hides in y is measured call by call") {
  // y is 1e12 and changes by 1e-4, about the size of its rounding.
  const auto buried = [](double factor) {
    return check_point([factor](Tape&, auto x) { return sum(tanh(wrong(x[0], factor))) + 1e12; },
                       kPoint);
  };
  const CheckReport report = buried(1.0);
  CHECK_MESSAGE(report.verdict == Verdict::passed, to_text(report));
  CHECK(report.notes ==
        std::vector<std::string>{
            "differences: not compared: rounding hides the slope, or the point lies "
            "on kinks"});
  CHECK(buried(1.001).verdict == Verdict::failed);
  // Within one call nothing else can be measured.
  const CheckReport within = check_point(
      [](Tape&, auto x) {
        return sum(plain(
            x[0], [](double v) { return std::tanh(v) + 1e12; },
            [](Var v, Var ybar) { return ybar * (1.0 - tanh(v) * tanh(v)); }));
      },
      kPoint);
  CHECK_MESSAGE(within.verdict == Verdict::inconclusive, within);
}

TEST_CASE("a y of any shape is multiplied by a random cotangent, not by ones") {
  // The sum of a softmax is constant: a cotangent of ones would not show its rule.
  const CheckReport report = check_point([](Tape&, auto x) { return softmax(x[0]); }, kPoint);
  CHECK_MESSAGE(report.passed(), report);
  CHECK(report.tensors[0].zeros == 0);
}

TEST_CASE("`only` selects tensors; an unknown name is an error") {
  const std::vector<Array> points{kPoint, kPoint};
  const std::vector<std::string> names{"fc/weight", "fc/bias"};
  const Recording f = [](Tape&, auto x) { return sum(x[0] * x[1]); };
  const auto only = [&](const std::string& name) {
    return check_grad(f, points, names, {.only = {name}});
  };
  const CheckReport report = only("fc/bias");
  REQUIRE(report.tensors.size() == 1);
  CHECK(report.tensors[0].name == "fc/bias");
  CHECK(only("fc").tensors.size() == 2);
  CHECK_THROWS_WITH_AS(
      only("conv"), "check_grad: no tensor or layer is called \"conv\"; known: fc/weight, fc/bias",
      Error);
  CHECK_THROWS_WITH_AS(
      only("fc/bais"),
      "check_grad: no tensor or layer is called \"fc/bais\"; did you mean \"fc/bias\"?", Error);
}

TEST_CASE("a computation that is different each time fails, and nothing else is claimed") {
  double drift = 0.0;
  const auto drifting = host_op({.value = [&](auto x) { return x[0] + (drift += 1e-9); },
                                 .rule = [](int, auto, Var ybar) { return ybar; }});
  const CheckReport report = check_op(drifting, {kPoint});
  CHECK(report.verdict == Verdict::failed);
  CHECK(report.tensors.empty());
  REQUIRE(report.claims.size() == 1);
  CHECK(report.claims[0].details == "two forward passes differ; fix random masks and states");
}

TEST_CASE("order two checks the gradient of the gradient and the curvature") {
  const Array x = sample({{3, 2}, -1, 1}, 5, 1);
  const Array w = sample({{2, 4}, -1, 1}, 5, 2);
  const std::vector<Array> points{x, w};
  const CheckReport report =
      check_grad([](Tape&, auto in) { return sum(tanh(matmul(in[0], in[1]))); }, points, kTwoNames,
                 {.order = 2});
  CHECK_MESSAGE(report.passed(), report);
  REQUIRE(report.second.size() == 1);
  for (const ClaimCheck& claim : report.second[0].claims) {
    if (claim.name == "curvature") CHECK(claim.worst < 1e-8);
    CHECK(claim.verdict == Verdict::passed);
  }
  for (const TensorCheck& tensor : report.second[0].tensors) {
    CHECK(tensor.complex_error < 1e-13);
    CHECK(tensor.zeros == 0);
  }
}

TEST_CASE("order two finds a rule that is right in value and wrong in its own derivative") {
  /// y = x^2 whose rule 2 x ybar treats x as a constant, which is right at order one.
  class Square : public HostOp {
   public:
    Square()
        : HostOp({.value = [](auto x) { return x[0] * x[0]; },
                  .rule = [](int, auto x,
                             Var ybar) { return 2.0 * (x[0].tape().constant(kPoint) * ybar); }}) {}
    std::optional<Array> complex_step(Context&, std::span<const Array> in, int,
                                      const Array& u) const override {
      const std::vector<double> x = in[0].to_vector();
      std::vector<double> slope = u.to_vector();
      for (size_t k = 0; k < x.size(); ++k) slope[k] *= 2 * x[k];
      return Array::from<double>(u.shape(), slope);
    }
  };
  CHECK(check_op(std::make_shared<Square>(), {kPoint}));
  const CheckReport report = check_op(std::make_shared<Square>(), {kPoint}, {.order = 2});
  // The recorded gradient does not depend on x, but the complex step of y does.
  CHECK_MESSAGE(report.verdict == Verdict::failed, report);
  CHECK(report.second[0].claims.back().name == "curvature");
  CHECK(report.second[0].claims.back().verdict == Verdict::failed);
}

TEST_CASE("options out of range, and two points of one name, are errors") {
  const std::vector<Array> points{kPoint, kPoint};
  const std::vector<std::string> names{"x", "x"};
  const Recording f = [](Tape&, auto in) { return sum(in[0] * in[1]); };
  CHECK_THROWS_WITH_AS(check_grad(f, points, names), "check_grad: two points are called \"x\"",
                       Error);
  for (const int order : {0, 3}) {
    CHECK_THROWS_AS(check_grad(f, points, kTwoNames, {.order = order}), Error);
  }
  CHECK_THROWS_AS(check_grad(f, points, kTwoNames, {.rtol = std::nan("")}), Error);
}

TEST_CASE("a rule that returns an empty Var is an error that names it") {
  const auto none = [](Tape&, auto x) {
    return sum(plain(
        x[0], [](double v) { return v; }, [](Var, Var) { return Var(); }));
  };
  CHECK_THROWS_WITH_AS(check_point(none, kPoint),
                       "plain: the rule for input 0 gives an empty Var; where there is no "
                       "derivative, say so in differentiable()",
                       Error);
}

TEST_CASE("points of f32, and too few names, are errors") {
  CHECK_THROWS_WITH_AS(check_point([](Tape&, auto x) { return sum(x[0]); }, kPoint.to(DType::f32)),
                       "check_grad: \"x\" is f32; differences need f64", Error);
  const std::vector<Array> points{kPoint};
  CHECK_THROWS_WITH_AS(check_grad([](Tape&, auto x) { return sum(x[0]); }, points, {}),
                       "check_grad: 1 points but 0 names", Error);
}

}  // namespace autonet
