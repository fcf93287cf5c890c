// check_gradient: gradients of host functions, right and wrong, at every scale, at kinks, and under
// rounding.
#include "autonet/check/check_gradient.h"

#include <doctest/doctest.h>

#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "check/taylor.h"
#include "check/vectors.h"

namespace autonet {
namespace {

using internal::mapped;
using internal::normal_array;
using Arrays = std::span<const Array>;

Array noise(const Shape& shape, std::uint64_t seed = 1) {
  return normal_array({shape, DType::f64}, seed, 0);
}

double sum_of(const Array& x, const std::function<double(double)>& f) {
  double sum = 0.0;
  for (const double number : x.to_vector()) sum += f(number);
  return sum;
}

/// The check of sum f(x_i) with the gradient d(x_i).
CheckReport check_sum(const Array& x, const std::function<double(double)>& f,
                      const std::function<double(double)>& d,
                      const CheckGradientOptions& options = {}) {
  return check_gradient(ScalarFunction([&](Arrays xs) { return sum_of(xs[0], f); }),
                        GradientFunction([&](Arrays xs) { return std::vector{mapped(xs[0], d)}; }),
                        std::span(&x, 1), options);
}

const auto sine = [](double x) { return std::sin(x); };
const auto cosine = [](double x) { return std::cos(x); };

}  // namespace

TEST_CASE("a right gradient passes, with order 2, and every element is compared") {
  const CheckReport report = check_sum(noise({3, 5}), sine, cosine);
  CAPTURE(to_text(report));
  CHECK(report.verdict == Verdict::passed);
  REQUIRE(report.tensors.size() == 1);
  const TensorCheck& tensor = report.tensors[0];
  CHECK(tensor.name == "x");
  CHECK(tensor.checked == 15);
  CHECK(tensor.total == 15);
  CHECK(tensor.unclear == 0);
  CHECK(tensor.difference_error < 1e-9);
  CHECK(tensor.worst_relative < 1e-7);
  CHECK(tensor.taylor_order == doctest::Approx(2.0).epsilon(0.1));
  CHECK(report.notes.empty());
}

TEST_CASE("a factor is found from 1 + 1e-4 on, and a smaller one leaves a note with its size") {
  for (const double error : {1.0, -2.0, 1e-2, 1e-4}) {
    CAPTURE(error);
    const CheckReport report =
        check_sum(noise({7}), sine, [&](double x) { return (1 + error) * std::cos(x); });
    CAPTURE(to_text(report));
    CHECK(report.verdict == Verdict::failed);
    CHECK(report.tensors[0].taylor_order == doctest::Approx(1.0).epsilon(0.1));
    const std::string& diagnosis = report.tensors[0].diagnosis;
    CHECK(diagnosis.find(error == -2.0 ? "the sign is wrong" : "a factor is wrong") !=
          std::string::npos);
  }
  const CheckReport slight =
      check_sum(noise({7}), sine, [](double x) { return (1 + 5e-7) * std::cos(x); });
  CAPTURE(to_text(slight));
  CHECK(slight.verdict == Verdict::passed);
  REQUIRE(slight.notes.size() == 1);
  CHECK(slight.notes[0].starts_with("x: the Taylor remainder falls with order 1.0"));
  CHECK(slight.notes[0].find("-07 of its size") != std::string::npos);
}

TEST_CASE("the size of x and of f does not matter: 400 functions, none called wrong") {
  // One absolute step for all would fail at most of these scales.
  Random random(1);
  for (int draw = 0; draw < 400; ++draw) {
    const double scale = std::pow(10.0, 16.0 * random.uniform() - 8.0);
    const double height = std::pow(10.0, 16.0 * random.uniform() - 8.0);
    CAPTURE(draw);
    CAPTURE(scale);
    CAPTURE(height);
    const Array x = internal::scaled(noise({4}, static_cast<std::uint64_t>(draw)), scale);
    const auto f = [&](double v) { return height * std::sin(v / scale); };
    const auto check = [&](double factor) {
      return check_sum(x, f,
                       [&](double v) { return factor * height / scale * std::cos(v / scale); },
                       {.atol = 0.0});
    };
    CHECK(check(1.0).verdict == Verdict::passed);
    const CheckReport wrong = check(1.001);
    CAPTURE(to_text(wrong));
    CHECK(wrong.verdict == Verdict::failed);
  }
}

TEST_CASE("elements of very different size in one array are each moved by a step of their own") {
  const Array x = Array::from<double>({4}, {1e-6, 0.3, 40.0, 2e6});
  const CheckReport report = check_sum(
      x, [](double v) { return std::log(v); }, [](double v) { return 1 / v; }, {.atol = 0.0});
  CAPTURE(to_text(report));
  CHECK(report.verdict == Verdict::passed);
  const CheckReport wrong = check_sum(
      x, [](double v) { return std::log(v); }, [](double v) { return v > 1e6 ? 1.1 / v : 1 / v; },
      {.atol = 0.0});
  CHECK(wrong.verdict == Verdict::failed);
  CHECK(wrong.tensors[0].worst_position == std::vector<Index>{3});
}

TEST_CASE("a linear function has no remainder, so no order is reported") {
  const CheckReport report = check_sum(
      noise({6}), [](double x) { return 3 * x; }, [](double) { return 3.0; });
  CAPTURE(to_text(report));
  CHECK(report.verdict == Verdict::passed);
  CHECK(std::isnan(report.tensors[0].taylor_order));
}

TEST_CASE("at a kink every slope between the one-sided ones is right, and no other") {
  const Array x = Array::from<double>({3}, {0.0, 1.0, -2.0});
  for (const double at_kink : {0.0, 0.5, 1.0, 1.2, -0.1}) {
    const Verdict verdict = at_kink < 0.0 || at_kink > 1.0 ? Verdict::failed : Verdict::passed;
    CAPTURE(at_kink);
    const CheckReport report = check_sum(
        x, [](double v) { return std::max(v, 0.0) + v * v; },
        [&](double v) {
          return (v > 0 ? 1.0 : v < 0 ? 0.0 : at_kink) + 2 * v;
        });
    CAPTURE(to_text(report));
    CHECK(report.verdict == verdict);
    CHECK(report.tensors[0].kinks == (verdict == Verdict::passed ? 1 : 0));
  }
}

TEST_CASE("f computed in f32: a right gradient passes or is inconclusive, a wrong one fails") {
  const auto f = [](Arrays xs) {
    float sum = 0.0f;
    for (const double x : xs[0].to_vector()) sum += std::sin(static_cast<float>(x));
    return static_cast<double>(sum);
  };
  const Array x = noise({5});
  const auto check = [&](double factor) {
    const GradientFunction gradient = [&](Arrays xs) {
      return std::vector{mapped(xs[0], [&](double v) { return factor * std::cos(v); })};
    };
    return check_gradient(ScalarFunction(f), gradient, std::span(&x, 1));
  };
  const CheckReport right = check(1.0);
  CAPTURE(to_text(right));
  CHECK(right.verdict != Verdict::failed);
  CHECK(right.tensors[0].taylor_order > 1.5);
  CHECK(check(1.05).verdict == Verdict::failed);
}

TEST_CASE("a gradient of zero where f does not change tells nothing") {
  const CheckReport report = check_sum(
      noise({3}), [](double) { return 1.0; }, [](double) { return 0.0; });
  CAPTURE(to_text(report));
  CHECK(report.verdict == Verdict::inconclusive);
  CHECK(report.tensors[0].only_zeros);
  const CheckReport forgotten = check_sum(noise({3}), sine, [](double) { return 0.0; });
  CHECK(forgotten.verdict == Verdict::failed);
  CHECK(forgotten.tensors[0].diagnosis.find("a term is missing") != std::string::npos);
}

TEST_CASE("elements that were not in the sample still count along the direction") {
  const Array x = noise({500});
  const CheckReport report =
      check_gradient(ScalarFunction([](Arrays xs) { return sum_of(xs[0], sine); }),
                     GradientFunction([](Arrays xs) {
                       Array gradient = mapped(xs[0], cosine);
                       gradient.set({123}, 0.5 + gradient.at({123}));
                       return std::vector{gradient};
                     }),
                     std::span(&x, 1), {.max_elements = 2});
  CAPTURE(to_text(report));
  CHECK(report.verdict == Verdict::failed);
  CHECK(report.tensors[0].checked == 2);
  CHECK(report.tensors[0].diagnosis.find("raise max_elements") != std::string::npos);
}

TEST_CASE("a layer is checked with a random cotangent, and a flip is recognised") {
  const std::vector<Array> at = {noise({2, 6}), noise({3}, 2)};
  const LayerForward forward = [](Arrays in) {
    Array y = Array::zeros({{2, 4}, DType::f64});
    for (Index n = 0; n < 2; ++n) {
      for (Index o = 0; o < 4; ++o) {
        double sum = 0.0;
        for (Index k = 0; k < 3; ++k) sum += in[0].at({n, o + k}) * in[1].at({k});
        y.set({n, o}, sum);
      }
    }
    return y;
  };
  const auto check = [&](bool flipped) {
    const LayerBackward backward = [&](Arrays in, const Array& ybar) {
      std::vector<Array> bars = {Array::zeros(in[0].type()), Array::zeros(in[1].type())};
      for (Index n = 0; n < 2; ++n) {
        for (Index o = 0; o < 4; ++o) {
          for (Index k = 0; k < 3; ++k) {
            const Index at_w = flipped ? 2 - k : k;
            const double bar = ybar.at({n, o});
            bars[0].set({n, o + k}, bars[0].at({n, o + k}) + bar * in[1].at({k}));
            bars[1].set({at_w}, bars[1].at({at_w}) + bar * in[0].at({n, o + k}));
          }
        }
      }
      return bars;
    };
    return check_gradient(forward, backward, at, {.names = {"x", "w"}});
  };
  const CheckReport right = check(false);
  CAPTURE(to_text(right));
  CHECK(right.passed());
  const CheckReport wrong = check(true);
  CAPTURE(to_text(wrong));
  CHECK(wrong.verdict == Verdict::failed);
  CHECK(wrong.tensors[0].verdict == Verdict::passed);
  CHECK(wrong.tensors[1].diagnosis.starts_with("it is right except for a flip along axis 0"));
}

TEST_CASE("what cannot be compared is a failure that says why") {
  const Array x = noise({2, 3});
  const auto gradient_of = [](const Array& gradient) {
    return GradientFunction([=](Arrays) { return std::vector{gradient}; });
  };
  const ScalarFunction f = [](Arrays xs) { return sum_of(xs[0], sine); };
  const auto diagnosis = [&](const ScalarFunction& function, const GradientFunction& gradient) {
    const CheckReport report = check_gradient(function, gradient, std::span(&x, 1));
    CHECK(report.verdict == Verdict::failed);
    return findings(report).at(0);
  };
  CHECK(diagnosis(f, gradient_of(noise({3, 2}))) ==
        "x: the gradient has shape [3,2], x has shape [2,3]");
  CHECK(diagnosis(f, gradient_of(Array())) == "x: the gradient has no data");
  Array bad = noise({2, 3});
  bad.set({1, 0}, std::nan(""));
  CHECK(diagnosis(f, gradient_of(bad)) == "x: the gradient is not finite at [1,0]");
  CHECK(diagnosis([](Arrays) { return std::nan(""); }, gradient_of(x))
            .starts_with("repeatable: f is nan"));
  double count = 0.0;
  CHECK(diagnosis([&](Arrays) { return ++count; }, gradient_of(x)) ==
        "repeatable: f is 1 at x0, and 2 when called again: fix the seed of its random numbers");
}

TEST_CASE("misuse of check_gradient throws") {
  const ScalarFunction f = [](Arrays) { return 1.0; };
  const GradientFunction none = [](Arrays) { return std::vector<Array>(); };
  const Array x = noise({2});
  const Array single = x.to(DType::f32);
  const auto one = std::span(&x, 1);
  CHECK_THROWS_WITH_AS(check_gradient(f, none, one), "check_gradient: 0 gradients for 1 arrays",
                       Error);
  CHECK_THROWS_WITH_AS(check_gradient(f, none, {}), "check_gradient: there is no array to check",
                       Error);
  CHECK_THROWS_WITH_AS(check_gradient(f, none, one, {.names = {"a", "b"}}),
                       "check_gradient: 2 names for 1 arrays", Error);
  CHECK_THROWS_WITH_AS(
      check_gradient(f, none, std::span(&single, 1)),
      "check_gradient: x must be an array of f64; convert inside f if f computes in f32", Error);
}

TEST_CASE("the check stops when asked, and says that it did") {
  const std::atomic<bool> stop = true;
  const CheckReport report = check_sum(noise({3}), sine, cosine, {.stop = &stop});
  CHECK(report.stopped);
  CHECK(report.verdict == Verdict::inconclusive);
  CHECK(findings(report).at(0) == "stopped before everything was checked");
}

TEST_CASE("the order of a Taylor remainder, and what hides it") {
  const auto order = [](const std::function<double(double)>& f, double slope) {
    return internal::taylor_remainder(f, slope, 4e-3).order;
  };
  CHECK(order([](double h) { return std::exp(h); }, 1.0) == doctest::Approx(2.0).epsilon(0.05));
  CHECK(order([](double h) { return std::exp(h); }, 1.001) == doctest::Approx(1.0).epsilon(0.05));
  CHECK(order([](double h) { return h + h * h * h; }, 1.0) == doctest::Approx(3.0).epsilon(0.05));
  CHECK(std::isnan(order([](double h) { return 5 + h; }, 1.0)));
  CHECK(std::isnan(order([](double) { return 5.0; }, 1.0)));
  // An error of 1e-3 shows at steps that are smaller than where curvature hides it.
  const auto curved = [](double h) { return h + 1e3 * h * h; };
  CHECK(order(curved, 1.001) == doctest::Approx(1.0).epsilon(0.05));
}

}  // namespace autonet
