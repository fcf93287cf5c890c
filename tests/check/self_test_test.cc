#include "check/self_test.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "autograd/error.h"
#include "check/rule_edits.h"
#include "ops/activation.h"
#include "ops/arithmetic.h"
#include "ops/conv2d.h"
#include "ops/math.h"
#include "ops/normalization.h"
#include "ops/op_info.h"
#include "ops/pool.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "tests/check/plain_op.h"

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

TEST_CASE("every mistake that a net has room for is caught, by differences alone too") {
  const SelfTestReport report = check_the_check(small_net, kPoints, kNames);
  CHECK(report.verdict() == Verdict::passed);
  for (const RuleMistake& mistake : rule_mistakes()) {
    CHECK_MESSAGE(std::ranges::count(report.planted, mistake.name, &PlantedMistake::mistake) > 0,
                  mistake.name);
  }
  for (const PlantedMistake& planted : report.planted) {
    INFO(planted.mistake, " in ", planted.op, ", input ", planted.input);
    // add's rule for its first input is xbar = ybar: forgetting it changes nothing; nor do axes
    // exchanged in a sum's, whose numbers are all the same.
    const bool nothing = (planted.op == "add" && planted.mistake == "forgotten") ||
                         (planted.op == "sum" && planted.mistake == "axes-swapped");
    CHECK(planted.outcome ==
          (nothing ? PlantedMistake::Outcome::no_effect : PlantedMistake::Outcome::caught));
    CHECK(planted.by_differences == !nothing);
  }
}

TEST_CASE("a check that cannot see is found out") {
  // Differences that excuse any error, and no complex step: the self-test must not pass.
  class Opaque : public Op {
   public:
    std::string_view name() const override { return "opaque"; }
    ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
    void forward(Context&, std::span<const Array> in, Array& y) const override {
      y.copy_from(in[0]);
    }
    Var vjp(int, std::span<const Var>, Var, Var ybar) const override { return 1.0 * ybar; }
  };
  CheckGradOptions blind;
  blind.rtol = 1.0;
  const SelfTestReport report = check_the_check(
      [](Tape& tape, std::span<const Var> in) {
        return sum(exp(tape.record(std::make_shared<Opaque>(), {in[0]})));
      },
      std::span(kPoints).first(1), std::span(kNames).first(1), blind);
  CHECK(report.verdict() == Verdict::failed);
  const auto missed = [](const PlantedMistake& planted) {
    return planted.outcome == PlantedMistake::Outcome::missed && planted.mistake == "factor";
  };
  CHECK(std::ranges::count_if(report.planted, missed) > 0);
}

TEST_CASE(
    "a mistake without effect but for rounding is none, and with none at all nothing is shown") {
  // What batch norm takes away again: the bias's gradient is rounding alone, spoilt or not.
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
  // With one class the loss is 0 whatever the logits.
  const SelfTestReport one_class = check_the_check(
      [](Tape& tape, std::span<const Var> in) {
        return softmax_cross_entropy(in[0] * 2.0, tape.constant(Array::zeros({{4}, DType::f64})));
      },
      std::vector<Array>{sample({{4, 1}}, 6, 8)}, std::vector<std::string>{"z"});
  CHECK(one_class.verdict() == Verdict::inconclusive);
  CHECK(one_class.planted.size() > 0);
  // Seen by nothing, so that the check says INCONCLUSIVE: not missed.
  CheckGradOptions coarse;
  coarse.atol = 1e3;
  const SelfTestReport unseen = check_the_check(
      [](Tape&, std::span<const Var> in) {
        return sum(plain(
            in[0], [](double x) { return 2 * x; }, [](Var, Var ybar) { return 2.0 * ybar; }));
      },
      std::vector<Array>{sample({{4}}, 6, 8)}, std::vector<std::string>{"x"}, coarse);
  CHECK(unseen.verdict() == Verdict::inconclusive);
  CHECK(unseen.count(PlantedMistake::Outcome::unseen) > 0);
}

TEST_CASE("of gradients that are wrong already the self-test says so, and shows nothing") {
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

TEST_CASE("each mistake, planted, fails the whole check, which names the rule and says how") {
  struct Expectation {
    const char* mistake;
    const char* rule;
    const char* diagnosis;
  };
  for (const Expectation& expected :
       {Expectation{"no-flip", "conv2d",
                    "kernel not flipped: with one more flip of the kernel it agrees"},
        Expectation{"padding", "conv2d",
                    "padding is one too large at the start: with k - p - 1 in "
                    "the place of k - p it agrees"},
        Expectation{"axes-swapped", "conv2d", "it looks transposed: axes 2 and 3 are exchanged"},
        Expectation{"factor", "conv2d", "it is 1.001 times the change of y: a factor is wrong"},
        Expectation{"sign", "conv2d", "the sign is wrong"},
        Expectation{"lost-term", "conv2d", "it is zero where y changes: a term is missing"},
        Expectation{"lost-image", "conv2d",
                    "wrong at 36 of 36 places compared; rows of the Jacobian that are wrong: 36 of "
                    "100 looked at, all those of y with index 2 on axis 0"},
        Expectation{"no-flip@0", "conv2d",
                    "kernel not flipped: with one more flip of the kernel it agrees"},
        Expectation{"padding@0", "conv2d",
                    "padding is one too large at the start: with k - p - 1 in the place of k - p "
                    "it agrees"},
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
    // Nothing else is blamed.
    CHECK(std::ranges::count(report.rules, Verdict::failed, &RuleCheck::verdict) == 1);
  }
}

TEST_CASE("a flip that is missing in an input's rule is told by mending the rule") {
  // Only the images are a point, so that the mistake finds no weights.
  const Recording images_only = [](Tape& tape, std::span<const Var> in) {
    const Var w = tape.constant(kPoints[1].to(in[0].dtype()));
    return conv2d(in[0], w, padded(1));
  };
  const auto points = std::span(kPoints).first(1);
  const auto names = std::span(kNames).first(1);
  std::string planted;
  const Recording spoilt = with_planted_mistake(images_only, "no-flip", points, names, planted);
  CHECK(planted == "a flip is left out, in the rule of conv2d for input 0");
  const CheckReport report = check_grad(spoilt, points, names);
  const auto failed = std::ranges::find(report.rules, Verdict::failed, &RuleCheck::verdict);
  REQUIRE(failed != report.rules.end());
  CHECK(failed->diagnosis == "kernel not flipped: with one more flip of the kernel it agrees");
  CHECK(report.tensors[0].verdict == Verdict::failed);
}

TEST_CASE("a mistake without a name or without room is an error") {
  std::string planted;
  CHECK_THROWS_WITH_AS(with_planted_mistake(small_net, "flip", kPoints, kNames, planted),
                       "there is no mistake \"flip\"; there are no-flip, padding, axes-swapped, "
                       "factor, sign, lost-term, lost-image, forgotten",
                       Error);
  const Recording plain = [](Tape&, std::span<const Var> in) { return sum(exp(in[0])); };
  CHECK_THROWS_WITH_AS(with_planted_mistake(plain, "padding", std::span(kPoints).first(1),
                                            std::span(kNames).first(1), planted),
                       "no rule here has room for the mistake \"padding\"", Error);
  CHECK_THROWS_WITH_AS(with_planted_mistake(small_net, "sign@9", kPoints, kNames, planted),
                       "no rule here is for input 9", Error);
}

}  // namespace autonet
