#include "train/schedule.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace autonet::internal {

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

TEST_CASE("schedules between their corners, by hand") {
  const double half = std::sqrt(0.5);  // cos(pi / 4)
  ScheduleSettings s;
  s.type = ScheduleSettings::Type::step;
  s.step_epochs = 3;
  s.factor = 0.1;
  CHECK(learning_rate(s, 2.0, 7 * 6 - 1, 7, 9) == doctest::Approx(0.2));  // the last of epoch 6
  CHECK(learning_rate(s, 2.0, 7 * 6, 7, 9) == doctest::Approx(0.02));
  s = {};
  s.type = ScheduleSettings::Type::cosine;
  CHECK(learning_rate(s, 2.0, 10, 8, 5) == doctest::Approx(1.0 + half));
  CHECK(learning_rate(s, 2.0, 30, 8, 5) == doctest::Approx(1.0 - half));
  s.final_fraction = 0.5;
  CHECK(learning_rate(s, 2.0, 30, 8, 5) == doctest::Approx(1.5 - half / 2.0));
  s = {};
  s.type = ScheduleSettings::Type::one_cycle;
  s.peak_at = 0.25;
  s.start_fraction = 0.1;
  CHECK(learning_rate(s, 2.0, 5, 8, 5) == doctest::Approx(1.1));  // half way up from 0.2
  CHECK(learning_rate(s, 2.0, 10, 8, 5) == doctest::Approx(2.0));
  CHECK(learning_rate(s, 2.0, 25, 8, 5) == doctest::Approx((2.0 + 0.2e-4) / 2.0));
  // A warm-up multiplies any of them.
  s = {};
  s.type = ScheduleSettings::Type::cosine;
  s.warmup_epochs = 2.5;
  CHECK(learning_rate(s, 2.0, 10, 8, 5) == doctest::Approx((1.0 + half) * 11 / 20));
  CHECK(learning_rate(s, 2.0, 19, 8, 5) == doctest::Approx(1.0 + std::cos(3.14159265359 * 0.475)));
}

TEST_CASE("a run of more steps than an integer counts still has a rate") {
  ScheduleSettings s;
  s.type = ScheduleSettings::Type::cosine;
  CHECK(learning_rate(s, 2.0, 5, 1000, std::numeric_limits<Index>::max()) == doctest::Approx(2.0));
}

}  // namespace autonet::internal
