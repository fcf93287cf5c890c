// check_op on the ops of a host program, and the reports of their mistakes.
#include <doctest/doctest.h>

#include <array>
#include <sstream>

#include "autonet/ops/math.h"
#include "autonet/ops/op_info.h"
#include "autonet/ops/reduce.h"
#include "tests/check/host_op.h"

namespace autonet {
namespace {

/// y = x^3 where the label is 1, else x; the rule has a factor, 3 being right.
std::shared_ptr<const Op> cubed(double factor) {
  return host_op({.name = "cubed",
                  .arity = 2,
                  .value = [](auto x) { return x[1] == 1.0 ? x[0] * x[0] * x[0] : x[0]; },
                  .rule =
                      [factor](int, auto x, Var ybar) {
                        return ybar * (x[1] * (factor * (x[0] * x[0])) + (1.0 - x[1]));
                      },
                  .labels = {1}});
}

const Array kX = sample({{2, 3}, -2, 2}, 4, 1);
const Array kLabels = Array::from<double>({2, 3}, {1.0, 0.0, 1.0, 1.0, 0.0, 1.0});

}  // namespace

TEST_CASE("an op of a host program is checked in one line; labels are held constant") {
  CHECK(check_op(cubed(3.0), {kX, kLabels}));
  const CheckReport report = check_op(cubed(3.0), {kX, kLabels});
  REQUIRE(report.tensors.size() == 1);
  CHECK(report.tensors[0].name == "input 0");
  CHECK(report.rules[0].against == "differences");
}

TEST_CASE("a wrong rule of a host's op is found, and the report can be printed") {
  const CheckReport report = check_op(cubed(2.0), {kX, kLabels});
  CHECK_FALSE(report);
  std::ostringstream text;
  text << report;
  CHECK(text.str() == to_text(report));
  CHECK(text.str().starts_with(
      "FAILED: the rule of cubed, input 0: it is 0.666667 times the change of y at\n"
      "    every wrong element: a factor is wrong\n"));
}

TEST_CASE("the check on whole numbers keeps labels as they are") {
  // Each y is x times a row of a table; a label that is not a row throws.
  static constexpr std::array<double, 3> kTable{2.0, -1.0, 5.0};
  static const std::shared_ptr<const Op> kWeighed =
      host_op({.arity = 2,
               .value = [](auto x) { return x[0] * kTable.at(static_cast<size_t>(x[1])); },
               .rule =
                   [](int, auto x, Var ybar) {
                     return ybar.tape().record(kWeighed, {ybar, x[1]});
                   },
               .linear = {0},
               .labels = {1}});
  const Array labels = Array::from<double>({4}, {0, 2, 1, 2});
  const CheckReport report = check_op(kWeighed, {sample({{4}}, 4, 3), labels});
  CHECK_MESSAGE(report.passed(), report);
  REQUIRE(report.rules.size() >= 2);  // this op and the product with the cotangent
  for (size_t k = 0; k < 2; ++k) CHECK(report.rules[k].against == "whole numbers");
}

TEST_CASE("the fractions of a mean are not compared on whole numbers") {
  const Array x = sample({{3}}, 4, 3);
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    const CheckReport report = check_point([](Tape&, auto in) { return mean(in[0]); }, x,
                                           {.seed = seed, .max_elements = 1});
    CHECK_MESSAGE(report.passed(), report);
  }
}

TEST_CASE("an op of three inputs has a row for each, and the wrong rule is named") {
  // y = x w + b, whose rule for b is off by a factor.
  const auto affine =
      host_op({.name = "affine",
               .arity = 3,
               .value = [](auto x) { return x[0] * x[1] + x[2]; },
               .rule = [](int i, auto x,
                          Var ybar) { return i == 2 ? 1.01 * ybar : ybar * x[i == 0 ? 1 : 0]; }});
  const CheckReport report =
      check_op(affine, {sample({{5}}, 4, 1), sample({{5}}, 4, 2), sample({{5}}, 4, 3)});
  REQUIRE(report.rules.size() >= 3);
  for (int i = 0; i < 3; ++i) {
    const RuleCheck& rule = report.rules[static_cast<size_t>(i)];
    CHECK(rule.input == i);
    CHECK(rule.verdict == (i == 2 ? Verdict::failed : Verdict::passed));
  }
  CHECK(findings(report)[0] ==
        "the rule of affine, input 2: it is 1.01 times the change of y: a factor is wrong");
}

TEST_CASE("a factor close to 1 is described as a factor, not as a missing flip") {
  for (const double factor : {1.0 + 1e-7, 1.0 - 1e-6}) {
    CAPTURE(factor);
    // Nothing here rounds.
    const auto doubled =
        host_op({.value = [](auto x) { return 2 * x[0]; },
                 .rule = [factor](int, auto, Var ybar) { return (2 * factor) * ybar; },
                 .linear = {0}});
    const CheckReport report = check_op(doubled, {kX});
    CHECK(report.verdict == Verdict::failed);
    CHECK(report.rules[0].diagnosis == std::string("it is ") +
                                           (factor > 1 ? "1 + 1e-07" : "1 - 1e-06") +
                                           " times the change of y: a factor is wrong");
  }
}

}  // namespace autonet
