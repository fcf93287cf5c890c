#include "autonet/train/optimizer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/models/model.h"
#include "autonet/train/fit.h"
#include "train/random_examples.h"

namespace autonet::internal {
namespace {

std::vector<ParameterFactors> factors_of(const std::vector<Parameter>& parameters) {
  std::vector<ParameterFactors> factors;
  for (const Parameter& parameter : parameters) {
    factors.push_back({.decay = parameter.decays ? 1.0 : 0.0});
  }
  return factors;
}

/// Two steps on w = (1, -2) with gradients (0.5, 1) and then (-1, 2); the weights after each.
std::vector<std::vector<double>> two_steps(const OptimizerSettings& settings, double l2) {
  Context context;
  const std::vector<Parameter> parameters{{"layer/weight", {2}, {}, true, 0, 0}};
  std::vector<Array> values{Array::from<double>({2}, {1, -2})};
  Optimizer optimizer(settings, l2, factors_of(parameters), values);
  std::vector<std::vector<double>> after;
  const std::vector<Array> gradients{Array::from<double>({2}, {0.5, 1}),
                                     Array::from<double>({2}, {-1, 2})};
  for (Index t = 1; t <= 2; ++t) {
    size_t bad = 0;
    CHECK(optimizer.update(context, values,
                           std::span<const Array>(&gradients[static_cast<size_t>(t - 1)], 1),
                           settings.learning_rate, t, bad));
    after.push_back(values[0].to_vector());
  }
  return after;
}

void check_close(const std::vector<double>& got, const std::vector<double>& expected) {
  for (size_t i = 0; i < expected.size(); ++i) CHECK(got[i] == doctest::Approx(expected[i]));
}

}  // namespace

TEST_CASE("momentum SGD by hand: v = m v + (g + l2 w), w -= lr v") {
  OptimizerSettings s;
  s.learning_rate = 0.1;
  s.momentum = 0.9;
  const auto after = two_steps(s, 0.01);
  // v1 = (0.5 + 0.01, 1 - 0.02); w1 = (1 - 0.051, -2 - 0.098)
  check_close(after[0], {0.949, -2.098});
  // v2 = 0.9 v1 + (-1 + 0.00949, 2 - 0.02098)
  check_close(after[1],
              {0.949 - 0.1 * (0.9 * 0.51 - 0.99051), -2.098 - 0.1 * (0.9 * 0.98 + 1.97902)});
}

TEST_CASE("Nesterov by hand: w -= lr (g + m v)") {
  OptimizerSettings s;
  s.learning_rate = 0.1;
  s.momentum = 0.5;
  s.nesterov = true;
  const auto after = two_steps(s, 0.0);
  check_close(after[0], {1 - 0.1 * (0.5 + 0.25), -2 - 0.1 * (1 + 0.5)});
  // v2 = (0.25 - 1, 0.5 + 2)
  check_close(after[1], {after[0][0] - 0.1 * (-1 - 0.375), after[0][1] - 0.1 * (2 + 1.25)});
}

TEST_CASE("Adam's first step is the learning rate for a gradient of any size; the second by hand") {
  OptimizerSettings s;
  s.type = OptimizerSettings::Type::adam;
  s.learning_rate = 0.01;
  const auto after = two_steps(s, 0.0);
  check_close(after[0], {0.99, -2.01});
  const double m = (0.9 * 0.1 * 0.5 + 0.1 * -1) / (1 - 0.81);
  const double v = (0.999 * 0.001 * 0.25 + 0.001) / (1 - 0.999 * 0.999);
  CHECK(after[1][0] == doctest::Approx(0.99 - 0.01 * m / (std::sqrt(v) + 1e-8)));
}

TEST_CASE("AdamW shrinks the weights directly") {
  OptimizerSettings s;
  s.type = OptimizerSettings::Type::adamw;
  s.learning_rate = 0.01;
  s.weight_decay = 0.1;
  check_close(two_steps(s, 0.0)[0], {1 - 0.001 - 0.01, -2 + 0.002 - 0.01});
}

TEST_CASE("factors of a parameter multiply its learning rate and its decay, by hand") {
  using Type = OptimizerSettings::Type;
  for (const Type type : {Type::sgd, Type::adam, Type::adamw}) {
    CAPTURE(static_cast<int>(type));
    OptimizerSettings s;
    s.type = type;
    s.learning_rate = 0.1;
    s.momentum = 0.9;
    s.weight_decay = 0.2;
    Context context;
    // The second parameter is left as it is, even by a gradient that is not finite.
    std::vector<Array> values{Array::from<double>({2}, {1, -2}), Array::from<double>({1}, {3})};
    const std::vector<Array> gradients{Array::from<double>({2}, {0.5, 1}),
                                       Array::full({{1}, DType::f64}, INFINITY)};
    const std::vector<ParameterFactors> factors{{.learning_rate = 0.5, .decay = 3.0},
                                                {.learning_rate = 0.0}};
    Optimizer optimizer(s, 0.01, factors, values);
    size_t bad = 0;
    REQUIRE(optimizer.update(context, values, gradients, 0.1, 1, bad));
    CHECK(values[1].to_vector() == std::vector<double>{3});
    const std::vector<double> w = values[0].to_vector();
    if (type == Type::sgd) check_close(w, {1 - 0.05 * (0.5 + 0.03), -2 - 0.05 * (1 - 0.06)});
    if (type == Type::adam) check_close(w, {0.95, -2.05});
    if (type == Type::adamw) check_close(w, {1 - 0.05 * 0.6 - 0.05, -2 + 0.05 * 0.6 * 2 - 0.05});
  }
}

TEST_CASE("gradients that are strided views are read; one that is not finite is reported") {
  Context context;
  const std::vector<Parameter> parameters{{"a", {2, 3}, {}, false, 0, 0}};
  std::vector<Array> values{Array::zeros({{2, 3}, DType::f32})};
  OptimizerSettings s;
  s.learning_rate = 1.0;
  Optimizer optimizer(s, 0.5, factors_of(parameters), values);
  std::vector<Array> gradients{Array::from<float>({3, 2}, {1, 2, 3, 4, 5, 6}).swap_axes(0, 1)};
  size_t bad = 7;
  CHECK(optimizer.update(context, values, gradients, 1.0, 1, bad));
  CHECK(values[0].to_vector() == std::vector<double>{-1, -3, -5, -2, -4, -6});
  gradients[0].set({1, 2}, std::numeric_limits<double>::infinity());
  CHECK_FALSE(optimizer.update(context, values, gradients, 1.0, 2, bad));
  CHECK(bad == 0);
}

namespace {

/// One number of a parameter and its slots, updated by the formulas of the papers in f64.
struct Number {
  double w = 0.0;
  double first = 0.0;   // momentum, or the mean of the gradients
  double second = 0.0;  // the mean of their squares

  void update(const OptimizerSettings& s, double l2, double decoupled, double g, double t) {
    const double lr = s.learning_rate;
    g += l2 * w;
    if (s.type == OptimizerSettings::Type::sgd) {
      first = s.momentum * first + g;
      w -= lr * (s.nesterov ? g + s.momentum * first : first);
      return;
    }
    first = s.beta1 * first + (1.0 - s.beta1) * g;
    second = s.beta2 * second + (1.0 - s.beta2) * g * g;
    const double mean = first / (1.0 - std::pow(s.beta1, t));
    const double square = second / (1.0 - std::pow(s.beta2, t));
    w -= lr * (mean / (std::sqrt(square) + s.epsilon) + decoupled * w);
  }
};

std::vector<OptimizerSettings> all_rules() {
  using Type = OptimizerSettings::Type;
  std::vector<OptimizerSettings> rules(5);
  for (OptimizerSettings& rule : rules) rule.learning_rate = 0.03;
  rules[1].momentum = 0.9;
  rules[2].momentum = 0.8;
  rules[2].nesterov = true;
  rules[3].type = Type::adam;
  rules[4].type = Type::adamw;
  rules[4].weight_decay = 0.2;
  for (const size_t i : {3u, 4u}) {
    rules[i].beta1 = 0.7;
    rules[i].beta2 = 0.95;
    rules[i].epsilon = 1e-3;
  }
  return rules;
}

}  // namespace

TEST_CASE("a step on arrays without data is an Error and changes nothing") {
  const auto text_of = [](Array parameter, const Array& gradient) {
    Optimizer optimizer(sgd(0.1));
    try {
      optimizer.step({parameter}, {gradient});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const Array one = Array::scalar(1, DType::f32);
  CHECK(text_of(one, Array()) == "optimizer: the gradient of parameter 0 has no data");
  CHECK(text_of(Array(), one) == "optimizer: parameter 0 must be contiguous and have data");
  CHECK(text_of(Array(), Array()) == "optimizer: parameter 0 must be contiguous and have data");
  CHECK(one.item() == 1);
  CHECK(text_of(one, Array::from<float>({2}, {1, 2})) ==
        "optimizer: parameter 0 is [] f32, but [] f32 with gradient [2] f32 was given");
  Optimizer optimizer(sgd(0.1));
  CHECK_THROWS_AS(optimizer.step({one}, {}), Error);
}

TEST_CASE("five steps of every rule, number by number: weights and biases, with and without l2") {
  constexpr std::uint64_t kSeed = 97;
  CAPTURE(kSeed);
  // A weight larger than the piece of 32,768 numbers that a thread takes, a small one, and a bias.
  const std::vector<Parameter> parameters{{"large/weight", {181, 183}, {}, true, 0, 0},
                                          {"small/weight", {2, 3}, {}, true, 0, 0},
                                          {"small/bias", {3}, {}, false, 0, 0}};
  Context context(2);
  for (const OptimizerSettings& rule : all_rules()) {
    for (const double l2 : {0.0, 0.3}) {
      for (const DType dtype : {DType::f64, DType::f32}) {
        CAPTURE(static_cast<int>(rule.type));
        CAPTURE(rule.momentum);
        CAPTURE(l2);
        CAPTURE(name_of(dtype));
        Random random(kSeed);
        std::vector<Array> values;
        std::vector<std::vector<Number>> expected;
        for (const Parameter& parameter : parameters) {
          std::vector<double> start(static_cast<size_t>(parameter.shape.size()));
          for (double& w : start) w = random.normal();
          values.push_back(Array::from<double>(parameter.shape, start).to(dtype).clone());
          expected.emplace_back();
          for (double w : values.back().to_vector()) expected.back().push_back({w, 0.0, 0.0});
        }
        Optimizer optimizer(rule, l2, factors_of(parameters), values);
        for (Index t = 1; t <= 5; ++t) {
          std::vector<Array> gradients;
          for (size_t i = 0; i < parameters.size(); ++i) {
            std::vector<double> g(expected[i].size());
            for (double& number : g) number = random.normal();
            gradients.push_back(Array::from<double>(parameters[i].shape, g).to(dtype));
            const bool decays = parameters[i].decays;
            const bool adamw = rule.type == OptimizerSettings::Type::adamw;
            for (size_t k = 0; k < g.size(); ++k) {
              expected[i][k].update(rule, decays && !adamw ? l2 : 0.0,
                                    decays && adamw ? rule.weight_decay : 0.0, g[k],
                                    static_cast<double>(t));
            }
          }
          size_t bad = 0;
          REQUIRE(optimizer.update(context, values, gradients, rule.learning_rate, t, bad));
        }
        for (size_t i = 0; i < parameters.size(); ++i) {
          const std::vector<double> got = values[i].to_vector();
          double worst = 0.0;
          for (size_t k = 0; k < got.size(); ++k) {
            worst = std::max(worst, std::abs(got[k] - expected[i][k].w));
          }
          CAPTURE(parameters[i].name);
          CHECK(worst < (dtype == DType::f64 ? 1e-14 : 2e-6));
        }
      }
    }
  }
}

TEST_CASE("the factors of a layer are those of its parameters, and a factor of 0 freezes it") {
  const auto text = [](const std::string& first) {
    return R"({"name": "two", "input": [3], "classes": 2, "layers": [
      {"name": "a", "type": "linear", "units": 4, "activation": "tanh")" +
           first + R"(}, {"name": "b", "type": "linear", "units": 2}]})";
  };
  const Model model =
      Model::parse(text(", \"learning_rate_factor\": 0.5, \"decay_factor\": 2"), "two.json");
  for (const Parameter& parameter : model.parameters()) {
    const bool first = parameter.name.starts_with("a/");
    CHECK(parameter.learning_rate_factor == (first ? 0.5 : 1.0));
    CHECK(parameter.decay_factor == (first ? 2.0 : 1.0));
  }
  const Model frozen = Model::parse(text(", \"learning_rate_factor\": 0"), "two.json");
  Context context;
  const Trained trained = fit(frozen, random_examples(frozen, 50, 3), context);
  const Weights initial = frozen.initial_weights(DType::f32, 1);
  for (size_t i = 0; i < 4; ++i) {
    CAPTURE(frozen.parameters()[i].name);
    CHECK((trained.weights.parameters[i].to_vector() == initial.parameters[i].to_vector()) ==
          (i < 2));
  }
}

TEST_CASE("only weights decay: no bias and no scale of a normalization, in any layer") {
  const Model model = Model::parse(R"({"name": "all", "input": [6, 6, 2], "classes": 3, "layers": [
      {"type": "conv2d", "channels": 4, "kernel": 3}, {"type": "batch_norm"},
      {"type": "linear", "units": 3}],
      "loss": "softmax_cross_entropy"})",
                                   "all.json");
  size_t weights = 0;
  for (const Parameter& parameter : model.parameters()) {
    CAPTURE(parameter.name);
    CHECK(parameter.decays == (parameter.shape.rank() >= 2));
    weights += parameter.decays ? 1 : 0;
  }
  CHECK(weights == 2);
}

}  // namespace autonet::internal
