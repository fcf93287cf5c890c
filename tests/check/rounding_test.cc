// Where rounding is as large as what is looked for: no false alarm, and no PASSED that it hides.
#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "check/check_grad.h"
#include "ops/activation.h"
#include "ops/math.h"
#include "ops/matmul.h"
#include "ops/normalization.h"
#include "ops/op_info.h"
#include "ops/reduce.h"
#include "ops/softmax.h"
#include "tests/check/plain_op.h"

namespace autonet {
namespace {

CheckReport check(const Recording& f, const Array& point, int order = 1, std::uint64_t seed = 1) {
  const std::vector<Array> points{point};
  const std::vector<std::string> names{"x"};
  CheckGradOptions options;
  options.order = order;
  options.seed = seed;
  return check_grad(f, points, names, options);
}

Array labels_of_largest(const Array& logits) {
  Array labels = Array::zeros({{logits.shape()[0]}, DType::f64});
  for (Index n = 0; n < logits.shape()[0]; ++n) {
    Index best = 0;
    for (Index k = 1; k < logits.shape()[1]; ++k) {
      if (logits.at({n, k}) > logits.at({n, best})) best = k;
    }
    labels.set({n}, static_cast<double>(best));
  }
  return labels;
}

}  // namespace

TEST_CASE("a confident classifier raises no alarm: softmax - t cancels to nothing, by rounding") {
  for (const double scale : {1.0, 5.0, 10.0, 20.0, 30.0, 60.0, 300.0}) {
    for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
      CAPTURE(scale);
      CAPTURE(seed);
      const Array z = sample({{4, 3}, -1, 1, InputSpec::Kind::distinct}, seed, 1);
      const Array labels = labels_of_largest(z);
      const Recording loss = [&](Tape& tape, std::span<const Var> in) {
        return softmax_cross_entropy(in[0] * scale, tape.constant(labels.to(in[0].dtype())));
      };
      const CheckReport report = check(loss, z, 2, seed);
      CHECK_MESSAGE(report.verdict != Verdict::failed, report);
      // As long as f64 has digits left, the gradient is compared, not waved through.
      if (scale <= 20.0) CHECK_MESSAGE(report.verdict == Verdict::passed, report);
      const Recording twice = [&](Tape& tape, std::span<const Var> in) {
        return softmax_cross_entropy(log_softmax(in[0] * scale),
                                     tape.constant(labels.to(in[0].dtype())));
      };
      const CheckReport again = check(twice, z, 2, seed);
      CHECK_MESSAGE(again.verdict != Verdict::failed, again);
      // Nor does confidence hide a mistake.
      const Recording wrong = [&](Tape& tape, std::span<const Var> in) {
        const Var x = plain(
            in[0], [](double v) { return v; }, [](Var, Var ybar) { return 1.001 * ybar; });
        return softmax_cross_entropy(x * scale, tape.constant(labels.to(in[0].dtype())));
      };
      if (scale <= 5.0) CHECK(check(wrong, z, 1, seed).verdict == Verdict::failed);
      CHECK(check(wrong, z, 1, seed).verdict != Verdict::passed);
    }
  }
}

TEST_CASE("saturated tanh and sigmoid raise no alarm: 1 - y^2 and 1 - y cancel") {
  for (const double scale : {1.0, 4.0, 8.0, 12.0, 16.0, 25.0, 100.0}) {
    for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6, 7, 8}) {
      CAPTURE(scale);
      CAPTURE(seed);
      const Array x = sample({{5, 7}, 0.5, 2}, seed, 1);
      for (const auto function : {&tanh, &sigmoid}) {
        const Recording f = [&](Tape&, std::span<const Var> in) {
          return sum(function(in[0] * scale));
        };
        const CheckReport report = check(f, x, 2, seed);
        CHECK_MESSAGE(report.verdict != Verdict::failed, report);
        if (scale <= 4.0) CHECK_MESSAGE(report.verdict == Verdict::passed, report);
      }
      const Recording product = [&](Tape& tape, std::span<const Var> in) {
        const Var ones = tape.constant(Array::full({{7, 128}, in[0].dtype()}, scale / 30));
        return sum(tanh(matmul(in[0], ones)));
      };
      const CheckReport report = check(product, x, 1, seed);
      CHECK_MESSAGE(report.verdict != Verdict::failed, report);
    }
  }
}

TEST_CASE("what only rounding could excuse is not passed") {
  // y = 1e4 + 1e-8 x, by a rule of the wrong sign and one that is right, which differences can
  // hardly tell apart.
  for (const double slope : {-1e-8, -1e-7, 1e-8}) {
    CAPTURE(slope);
    const Recording f = [slope](Tape&, std::span<const Var> in) {
      return sum(plain(
          in[0], [](double x) { return 1e4 + 1e-8 * x; },
          [slope](Var, Var ybar) { return slope * ybar; }));
    };
    const Verdict verdict = check(f, sample({{6}}, 3, 1)).verdict;
    CHECK(verdict != (slope < 0 ? Verdict::passed : Verdict::failed));
  }
  // A rule's own row neither: each y is 1e9 and moves by 1e-7.
  const Recording row = [](Tape& tape, std::span<const Var> in) {
    const Var y = plain(
        in[0], [](double x) { return 1e9 + 1e-6 * x; }, [](Var, Var ybar) { return -1e-6 * ybar; });
    return sum((y - tape.constant(Array::full({{6}, DType::f64}, 1e9))) * 1e6);
  };
  const CheckReport report = check(row, sample({{6}}, 3, 1));
  CHECK_MESSAGE(report.verdict != Verdict::passed, report);
  REQUIRE(report.rules[0].op == "plain");
  CHECK(report.rules[0].verdict != Verdict::passed);
}

TEST_CASE("a function whose features are far smaller than the first step is resolved") {
  for (const double factor : {1.0, 1.001}) {
    CAPTURE(factor);
    const Recording f = [factor](Tape&, std::span<const Var> in) {
      return sum(plain(
          in[0], [](double x) { return std::tanh(1e6 * x); },
          [factor](Var x, Var ybar) {
            const Var y = tanh(1e6 * x);
            return (factor * 1e6) * (ybar * (1.0 - y * y));
          }));
    };
    Array x = sample({{7}}, 3, 1);
    for (Index i = 0; i < x.size(); ++i) x.data<double>()[i] *= 1e-8;
    const CheckReport report = check(f, x);
    CHECK_MESSAGE(report.verdict == (factor == 1.0 ? Verdict::passed : Verdict::failed), report);
  }
}

TEST_CASE("a step out of the domain is a step too long, no mistake") {
  const auto domain = [](bool throws, double factor) {
    return [throws, factor](Tape&, std::span<const Var> in) {
      return sum(plain(
          in[0],
          [throws](double x) {
            if (throws && x <= 0) throw std::domain_error("log: x must be positive");
            return std::log(x);
          },
          [factor](Var x, Var ybar) { return factor * ybar / x; }));
    };
  };
  const Array x = Array::from<double>({3}, {1e-4, 2e-5, 3.0});
  for (const bool throws : {false, true}) {
    CAPTURE(throws);
    const CheckReport right = check(domain(throws, 1.0), x);
    CHECK_MESSAGE(right.verdict == Verdict::passed, right);
    CHECK(check(domain(throws, 1.001), x).verdict == Verdict::failed);
  }
}

TEST_CASE("where y has no value to one side at all, nothing is claimed but what is known") {
  const Array edge = Array::full({{2}, DType::f64}, 1e-30);
  // By the complex step a root is known at any place.
  CHECK(check([](Tape&, auto in) { return sum(sqrt(in[0])); }, edge).verdict == Verdict::passed);
  const CheckReport unknown = check(
      [](Tape&, auto in) {
        return sum(plain(
            in[0], [](double x) { return std::sqrt(x); },
            [](Var x, Var ybar) { return 0.5 * ybar / sqrt(x); }));
      },
      edge);
  CHECK_MESSAGE(unknown.verdict == Verdict::inconclusive, unknown);
  CHECK(unknown.tensors[0].unclear == 2);
  CHECK(unknown.tensors[0].diagnosis ==
        "y is infinite or NaN a step away: its change cannot be measured");
}

TEST_CASE("a y that is no number where the check stands fails, and says so") {
  const CheckReport report =
      check([](Tape&, auto in) { return sum(log(in[0])); }, Array::from<double>({2}, {-1.0, 2.0}));
  CHECK(report.verdict == Verdict::failed);
  CHECK(to_text(report).find("finite: y is nan where the check stands") != std::string::npos);
}

TEST_CASE("an infinite element is not measured, and no reason for an alarm") {
  const Array x = Array::from<double>({3}, {1.0, HUGE_VAL, -2.0});
  const CheckReport report = check([](Tape&, auto in) { return sum(pow(in[0], -1.0)); }, x);
  CHECK_MESSAGE(report.verdict != Verdict::failed, report);
}

TEST_CASE("order two of what does not bend is noise against noise: no alarm") {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6, 7, 8}) {
    CAPTURE(seed);
    const Array x = sample({{3, 5}, -2, 2}, seed, 1);
    // The rows of a softmax sum to one: y is constant but for rounding.
    const CheckReport constant =
        check([](Tape&, auto in) { return sum(softmax(in[0])); }, x, 2, seed);
    CHECK_MESSAGE(constant.verdict == Verdict::inconclusive, constant);
    const CheckReport line =
        check([](Tape&, auto in) { return sum(in[0] * 3.0 - log(exp(in[0]))); }, x, 2, seed);
    CHECK_MESSAGE(line.verdict != Verdict::failed, line);
    // A bias that a normalisation takes away has gradient zero, but for rounding.
    const CheckReport bias = check(
        [](Tape& tape, auto in) {
          const DType dtype = in[0].dtype();
          const auto constant_of = [&](int stream) {
            return tape.constant(sample({{5}}, 9, static_cast<std::uint64_t>(stream)).to(dtype));
          };
          const Var shifted = sum(in[0], {0}) * 0.1;
          const Var images = tape.constant(sample({{4, 5}}, 9, 3).to(dtype)) + shifted;
          return sum(tanh(batch_norm_training(images, constant_of(1), constant_of(2)).y));
        },
        x, 2, seed);
    CHECK_MESSAGE(bias.verdict == Verdict::inconclusive, bias);
  }
}

TEST_CASE("high powers of negative numbers have a complex step") {
  for (const double c : {3.0, 65.0, 100.0, 101.0}) {
    CAPTURE(c);
    const Array x = Array::from<double>({4}, {-1.1, 0.9, -0.97, 1.2});
    const CheckReport report = check([c](Tape&, auto in) { return sum(pow(in[0], c)); }, x);
    CHECK_MESSAGE(report.passed(), report);
    CHECK(report.tensors[0].complex_error < 1e-13);
  }
}

TEST_CASE("a scalar point has a place to report: []") {
  const CheckReport report =
      check([](Tape&, auto in) { return exp(in[0]); }, Array::scalar(0.5, DType::f64));
  CHECK(report.passed());
  CHECK(to_text(report).find(" []  ") != std::string::npos);
}

}  // namespace autonet
