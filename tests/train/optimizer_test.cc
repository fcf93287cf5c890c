#include "train/optimizer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "train/schedule.h"

namespace autonet {
namespace {

/// Two steps on w = (1, -2) with gradients (0.5, 1) and then (-1, 2); the weights after each.
std::vector<std::vector<double>> two_steps(const OptimizerSettings& settings, double l2) {
  Context context;
  const std::vector<Parameter> parameters{{"layer/weight", {2}, {}, true, 0, 0}};
  std::vector<Array> values{Array::from<double>({2}, {1, -2})};
  Optimizer optimizer(settings, l2, parameters, values);
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

TEST_CASE(
    "Adam's first step is the learning rate, whatever the gradient's size; the second by hand") {
  OptimizerSettings s;
  s.type = OptimizerSettings::Type::adam;
  s.learning_rate = 0.01;
  const auto after = two_steps(s, 0.0);
  check_close(after[0], {0.99, -2.01});
  const double m = (0.9 * 0.1 * 0.5 + 0.1 * -1) / (1 - 0.81);
  const double v = (0.999 * 0.001 * 0.25 + 0.001) / (1 - 0.999 * 0.999);
  CHECK(after[1][0] == doctest::Approx(0.99 - 0.01 * m / (std::sqrt(v) + 1e-8)));
}

TEST_CASE("AdamW decays the weights themselves, Adam the gradient") {
  OptimizerSettings s;
  s.type = OptimizerSettings::Type::adamw;
  s.learning_rate = 0.01;
  s.weight_decay = 0.1;
  check_close(two_steps(s, 0.0)[0], {1 - 0.001 - 0.01, -2 + 0.002 - 0.01});
}

TEST_CASE("a gradient that is a strided view, and one that is not finite") {
  Context context;
  const std::vector<Parameter> parameters{{"a", {2, 3}, {}, false, 0, 0}};
  std::vector<Array> values{Array::zeros({{2, 3}, DType::f32})};
  OptimizerSettings s;
  s.learning_rate = 1.0;
  Optimizer optimizer(s, 0.5, parameters, values);
  std::vector<Array> gradients{Array::from<float>({3, 2}, {1, 2, 3, 4, 5, 6}).swap_axes(0, 1)};
  size_t bad = 7;
  CHECK(optimizer.update(context, values, gradients, 1.0, 1, bad));
  CHECK(values[0].to_vector() == std::vector<double>{-1, -3, -5, -2, -4, -6});
  gradients[0].set({1, 2}, std::numeric_limits<double>::infinity());
  CHECK_FALSE(optimizer.update(context, values, gradients, 1.0, 2, bad));
  CHECK(bad == 0);
}

TEST_CASE("schedules at their corners") {
  ScheduleSettings s;
  CHECK(learning_rate(s, 0.1, 0, 10, 5) == 0.1);
  CHECK(learning_rate(s, 0.1, 49, 10, 5) == 0.1);
  s.type = ScheduleSettings::Type::step;
  s.step_epochs = 2;
  s.factor = 0.5;
  CHECK(learning_rate(s, 0.8, 19, 10, 5) == 0.8);
  CHECK(learning_rate(s, 0.8, 20, 10, 5) == 0.4);
  CHECK(learning_rate(s, 0.8, 40, 10, 5) == 0.2);
  s.type = ScheduleSettings::Type::cosine;
  s.final_fraction = 0.2;
  CHECK(learning_rate(s, 1.0, 0, 10, 4) == doctest::Approx(1.0));
  CHECK(learning_rate(s, 1.0, 20, 10, 4) == doctest::Approx(0.6));
  CHECK(learning_rate(s, 1.0, 40, 10, 4) == doctest::Approx(0.2));
  s.type = ScheduleSettings::Type::one_cycle;
  CHECK(learning_rate(s, 1.0, 0, 10, 10) == doctest::Approx(0.04));
  CHECK(learning_rate(s, 1.0, 30, 10, 10) == doctest::Approx(1.0));
  CHECK(learning_rate(s, 1.0, 100, 10, 10) == doctest::Approx(0.04 / 1e4));
  s = {};
  s.warmup_epochs = 2;
  CHECK(learning_rate(s, 1.0, 0, 10, 5) == doctest::Approx(0.05));
  CHECK(learning_rate(s, 1.0, 19, 10, 5) == doctest::Approx(1.0));
  CHECK(learning_rate(s, 1.0, 30, 10, 5) == doctest::Approx(1.0));
}

}  // namespace autonet
