#include "autonet/check/self_test.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/math.h"
#include "autonet/ops/normalization.h"
#include "autonet/ops/op_info.h"
#include "autonet/ops/pool.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "check/rule_edits.h"
#include "tests/check/host_op.h"

namespace autonet {
namespace {

/// A convolution with bias, ReLU and pooling on odd shapes.
Var small_net(Tape& tape, std::span<const Var> in) {
  const Var y = relu(conv2d(in[0], in[1], padded(1)) + in[2]);
  const Var pooled = max_pool2d(y, {2, 2}, {{2, 1, 1, 0, 0}, {2, 1, 1, 0, 0}, 1});
  return sum(pooled * tape.constant(sample({pooled.shape()}, 6, 4).to(y.dtype())));
}

const std::vector<Array> kPoints{sample({{3, 5, 4, 2}}, 6, 1), sample({{3, 2, 2, 3}}, 6, 2),
                                 sample({{3}}, 6, 3)};
const std::vector<std::string> kNames{"x", "conv/weight", "conv/bias"};

}  // namespace

TEST_CASE("every mistake that fits a network is caught") {
  const SelfTestReport report = check_the_check(small_net, kPoints, kNames);
  CHECK(report.verdict() == Verdict::passed);
  for (const internal::RuleEdit& mistake : internal::rule_edits()) {
    if (mistake.name.empty()) continue;
    CHECK_MESSAGE(std::ranges::count(report.planted, mistake.name, &PlantedMistake::mistake) > 0,
                  mistake.name);
  }
  for (const PlantedMistake& planted : report.planted) {
    INFO(planted.mistake, " in ", planted.op, ", input ", planted.input);
    // The rule of add for its first input is xbar = ybar, so leaving it out changes nothing. Nor
    // does exchanging axes in the rule of sum, which gives equal numbers.
    const bool nothing = (planted.op == "add" && planted.mistake == "forgotten") ||
                         (planted.op == "sum" && planted.mistake == "axes-swapped");
    CHECK(planted.outcome ==
          (nothing ? PlantedMistake::Outcome::no_effect : PlantedMistake::Outcome::caught));
  }
}

TEST_CASE("the self-test fails for a check that cannot find mistakes") {
  // The tolerance of differences excuses any error, and there is no complex step.
  const SelfTestReport report = check_the_check(
      [](Tape&, std::span<const Var> in) {
        return sum(exp(plain(
            in[0], [](double v) { return v; }, [](Var, Var ybar) { return 1.0 * ybar; })));
      },
      std::span(kPoints).first(1), std::span(kNames).first(1), {.rtol = 1.0});
  CHECK(report.verdict() == Verdict::failed);
  const auto missed = [](const PlantedMistake& planted) {
    return planted.outcome == PlantedMistake::Outcome::missed && planted.mistake == "factor";
  };
  CHECK(std::ranges::count_if(report.planted, missed) > 0);
}

TEST_CASE("a mistake that changes only rounding does not count; with none left, no verdict") {
  // Batch norm subtracts the bias again, so the bias's gradient is only rounding.
  const std::vector<Array> points{sample({{3}}, 6, 7), sample({{4, 3}}, 6, 8)};
  const std::vector<std::string> names{"bias", "x"};
  const SelfTestReport bias = check_the_check(
      [](Tape& tape, std::span<const Var> in) {
        const Var ones = tape.constant(Array::full({{3}, DType::f64}, 1.0));
        const Var y = batch_norm_training(in[1] + in[0], ones, ones).y;
        return sum(tanh(y * tape.constant(sample({{4, 3}}, 6, 9))));
      },
      points, names);
  CHECK(bias.verdict() == Verdict::passed);
  for (const PlantedMistake& planted : bias.planted) {
    INFO(planted.mistake, " in ", planted.op, ", input ", planted.input);
    CHECK(planted.outcome != PlantedMistake::Outcome::missed);
  }
  // With one class the loss is 0 for all logits.
  const SelfTestReport one_class = check_the_check(
      [](Tape& tape, std::span<const Var> in) {
        return softmax_cross_entropy(in[0] * 2.0, tape.constant(Array::zeros({{4}, DType::f64})));
      },
      std::vector<Array>{sample({{4, 1}}, 6, 8)}, std::vector<std::string>{"z"});
  CHECK(one_class.verdict() == Verdict::inconclusive);
  CHECK(one_class.planted.size() > 0);
  // Differences, which alone can check this op, are below atol: no mistake in its rule is missed.
  const SelfTestReport unseen = check_the_check(
      [](Tape&, std::span<const Var> in) {
        return sum(plain(
            in[0], [](double x) { return 2 * x; }, [](Var, Var ybar) { return 2.0 * ybar; }));
      },
      std::vector<Array>{sample({{4}}, 6, 8)}, std::vector<std::string>{"x"}, {.atol = 1e3});
  CHECK(unseen.count(PlantedMistake::Outcome::unseen) > 0);
  for (const PlantedMistake& planted : unseen.planted) {
    if (planted.op == "plain") CHECK(planted.outcome == PlantedMistake::Outcome::unseen);
  }
}

TEST_CASE("if gradients are wrong before anything is planted, the self-test says so and ends") {
  const SelfTestReport report = check_the_check(
      [](Tape&, std::span<const Var> in) {
        return sum(plain(
            in[0], [](double x) { return std::exp(x); },
            [](Var x, Var ybar) { return 1.5 * ybar * exp(x); }));
      },
      std::vector<Array>{sample({{4}}, 6, 8)}, std::vector<std::string>{"x"});
  CHECK(report.verdict() == Verdict::failed);
  CHECK(report.wrong == std::vector<std::string>{"x"});
  CHECK(report.planted.empty());
}

TEST_CASE("each planted mistake fails the whole check, which names the rule and the mistake") {
  struct Expectation {
    const char* mistake;
    const char* rule;
    const char* diagnosis;
  };
  for (const Expectation& expected :
       {Expectation{"no-flip", "conv2d",
                    "the kernel is not flipped: one more flip makes the rule right"},
        Expectation{"padding", "conv2d",
                    "the padding at the start is one too large: k - p - 1 instead of k - p makes "
                    "the rule right"},
        Expectation{"axes-swapped", "conv2d", "it looks transposed: axes 2 and 3 are exchanged"},
        Expectation{"factor", "conv2d", "it is 1.001 times the change of y: a factor is wrong"},
        Expectation{"sign", "conv2d", "the sign is wrong"},
        Expectation{"lost-term", "conv2d", "it is zero where y changes: a term is missing"},
        Expectation{"lost-image", "conv2d",
                    "wrong at 36 of 36 elements compared; wrong rows of the Jacobian: 36 of 100 "
                    "checked, exactly those with index 2 on axis 0 of y"},
        Expectation{"no-flip@0", "conv2d",
                    "the kernel is not flipped: one more flip makes the rule right"},
        Expectation{"padding@0", "conv2d",
                    "the padding at the start is one too large: k - p - 1 instead of k - p makes "
                    "the rule right"},
        Expectation{"forgotten", "relu", nullptr}}) {
    INFO(expected.mistake);
    std::string planted;
    const Recording spoilt =
        with_planted_mistake(small_net, expected.mistake, kPoints, kNames, planted);
    CAPTURE(planted);
    const CheckReport report = check_grad(spoilt, kPoints, kNames);
    CHECK_MESSAGE(report.verdict == Verdict::failed, report);
    const auto failed = std::ranges::find(report.rules, Verdict::failed, &RuleCheck::verdict);
    REQUIRE(failed != report.rules.end());
    CHECK(failed->op == expected.rule);
    if (expected.diagnosis != nullptr) CHECK(failed->diagnosis == expected.diagnosis);
    // No other rule fails.
    CHECK(std::ranges::count(report.rules, Verdict::failed, &RuleCheck::verdict) == 1);
  }
}

TEST_CASE("a missing flip in the rule of the images is found by repairing the rule") {
  // Only the images are a point, so the mistake cannot be planted in the rule of the weights.
  const Recording images_only = [](Tape& tape, std::span<const Var> in) {
    const Var w = tape.constant(kPoints[1].to(in[0].dtype()));
    return conv2d(in[0], w, padded(1));
  };
  const auto points = std::span(kPoints).first(1);
  const auto names = std::span(kNames).first(1);
  std::string planted;
  const Recording spoilt = with_planted_mistake(images_only, "no-flip", points, names, planted);
  CHECK(planted == "a flip is left out\n  in the rule of conv2d for input 0");
  const CheckReport report = check_grad(spoilt, points, names);
  const auto failed = std::ranges::find(report.rules, Verdict::failed, &RuleCheck::verdict);
  REQUIRE(failed != report.rules.end());
  CHECK(failed->diagnosis == "the kernel is not flipped: one more flip makes the rule right");
  CHECK(report.tensors[0].verdict == Verdict::failed);
}

TEST_CASE("a mistake that is unknown or fits no rule is an error") {
  std::string planted;
  CHECK_THROWS_WITH_AS(with_planted_mistake(small_net, "flip", kPoints, kNames, planted),
                       "unknown mistake \"flip\"; did you mean \"no-flip\"?", Error);
  const Recording plain = [](Tape&, std::span<const Var> in) { return sum(exp(in[0])); };
  CHECK_THROWS_WITH_AS(with_planted_mistake(plain, "padding", std::span(kPoints).first(1),
                                            std::span(kNames).first(1), planted),
                       "the mistake \"padding\" fits no rule of this computation", Error);
  CHECK_THROWS_WITH_AS(with_planted_mistake(small_net, "sign@9", kPoints, kNames, planted),
                       "no rule of this computation is for input 9", Error);
}

}  // namespace autonet
