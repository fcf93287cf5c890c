// Right gradients where rounding is as large as what is measured: no false alarm.
#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "autonet/ops/activation.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/normalization.h"
#include "autonet/ops/op_info.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"
#include "tests/check/host_op.h"

namespace autonet {
namespace {

CheckReport check(const Recording& f, const Array& point, int order = 1, std::uint64_t seed = 1) {
  return check_point(f, point, {.seed = seed, .order = order});
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

TEST_CASE("a confident classifier, where softmax - t cancels, raises no alarm") {
  for (const double scale : {1.0, 5.0, 10.0, 20.0, 30.0, 60.0, 300.0}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(scale);
      CAPTURE(seed);
      const Array z = sample({{4, 3}, -1, 1, InputSpec::Kind::distinct}, seed, 1);
      const Array labels = labels_of_largest(z);
      const Recording loss = [&](Tape& tape, std::span<const Var> in) {
        return softmax_cross_entropy(in[0] * scale, tape.constant(labels.to(in[0].dtype())));
      };
      const CheckReport report = check(loss, z, 2, seed);
      CHECK_MESSAGE(report.verdict != Verdict::failed, report);
      // As long as f64 has digits left, the gradient is compared.
      if (scale <= 20.0) CHECK_MESSAGE(report.verdict == Verdict::passed, report);
      const Recording twice = [&](Tape& tape, std::span<const Var> in) {
        return softmax_cross_entropy(log_softmax(in[0] * scale),
                                     tape.constant(labels.to(in[0].dtype())));
      };
      const CheckReport again = check(twice, z, 2, seed);
      CHECK_MESSAGE(again.verdict != Verdict::failed, again);
      // A mistake is found there too.
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

TEST_CASE("saturated tanh and sigmoid, where 1 - y^2 and 1 - y cancel, raise no alarm") {
  for (const double scale : {1.0, 4.0, 8.0, 12.0, 16.0, 25.0, 100.0}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
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

TEST_CASE("a function with features far smaller than the first step is resolved") {
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

TEST_CASE("a step that leaves the domain is made smaller") {
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

TEST_CASE("a square root close to zero is checked with steps as small as x") {
  const Array edge = Array::full({{2}, DType::f64}, 1e-10);
  for (const double factor : {0.5, 0.5005}) {
    CAPTURE(factor);
    const CheckReport report = check(
        [factor](Tape&, auto in) {
          return sum(plain(
              in[0], [](double x) { return std::sqrt(x); },
              [factor](Var x, Var ybar) { return factor * ybar / sqrt(x); }));
        },
        edge);
    if (factor == 0.5) CHECK_MESSAGE(report.verdict == Verdict::passed, report);
    if (factor != 0.5) CHECK_MESSAGE(report.verdict != Verdict::passed, report);
  }
}

TEST_CASE("a y that is not finite at the points fails, and the report says so") {
  const CheckReport report =
      check([](Tape&, auto in) { return sum(log(in[0])); }, Array::from<double>({2}, {-1.0, 2.0}));
  CHECK(report.verdict == Verdict::failed);
  CHECK(to_text(report).find("finite: y is nan at the points") != std::string::npos);
}

TEST_CASE("an infinite element is not measured and raises no alarm") {
  const Array x = Array::from<double>({3}, {1.0, HUGE_VAL, -2.0});
  const CheckReport report = check([](Tape&, auto in) { return sum(pow(in[0], -1.0)); }, x);
  CHECK_MESSAGE(report.verdict != Verdict::failed, report);
}

TEST_CASE("features of any size compared with the tensor's scale raise no alarm") {
  // The first step is 4e-3 of the tensor's scale: far too large for each of these.
  struct Case {
    const char* what;
    Recording f;
    Array x;
  };
  const auto scaled = [](double s) {
    Array x = sample({{6}, -2, 2}, 7, 1);
    for (Index i = 0; i < x.size(); ++i) x.data<double>()[i] *= s;
    return x;
  };
  std::vector<Case> cases;
  for (const double s : {1e-8, 1e-10, 1e-14}) {
    cases.push_back(
        {"tanh(x / s)", [s](Tape&, auto in) { return sum(tanh(in[0] * (1 / s))); }, scaled(s)});
  }
  for (const double far : {1e4, 1e6, 1e9}) {
    Array x = sample({{50}, -1, 1}, 7, 2);
    x.set({7}, far);
    cases.push_back({"an outlier", [](Tape&, auto in) { return sum(tanh(in[0])); }, x});
    cases.push_back(
        {"an outlier of a bell", [](Tape&, auto in) { return sum(exp(-(in[0] * in[0]))); }, x});
    cases.push_back({"a mask", [](Tape&, auto in) { return softmax(in[0]); },
                     Array::from<double>({4}, {-far, 0.3, 0.5, -0.7})});
    Array shifted = sample({{6, 3}, -2, 2}, 7, 3);
    for (Index i = 0; i < shifted.size(); ++i) shifted.data<double>()[i] += std::min(far, 1e6);
    cases.push_back({"a normalisation of numbers far from zero",
                     [](Tape& tape, auto in) {
                       const Var ones = tape.constant(Array::full({{3}, in[0].dtype()}, 1.0));
                       return batch_norm_training(in[0], ones, ones).y;
                     },
                     shifted});
  }
  for (const Case& one : cases) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      INFO(std::string(one.what), ", seed ", seed);
      const CheckReport report = check(one.f, one.x, 1, seed);
      CHECK_MESSAGE(report.verdict != Verdict::failed, report);
    }
  }
}

TEST_CASE("whole numbers stay in the domain of the other inputs") {
  // y = a b, linear in a; the rule for a computes b from its logarithm.
  for (const bool throws : {false, true}) {
    CAPTURE(throws);
    const auto logarithm = [throws](double b) {
      if (throws && b <= 0) throw std::domain_error("log: b must be positive");
      return std::log(b);
    };
    const auto product = host_op(
        {.arity = 2,
         .value = [](auto x) { return x[0] * x[1]; },
         .rule =
             [&](int i, auto x, Var ybar) {
               if (i == 1) return ybar * x[0];
               return ybar * exp(plain(x[1], logarithm, [](Var b, Var bar) { return bar / b; }));
             },
         .linear = {0}});
    const Array x = Array::from<double>({3}, {1, 2, 3});
    const CheckReport report = check_op(product, {x, x});
    CHECK_MESSAGE(report.verdict == Verdict::passed, report);
  }
}

TEST_CASE("if f32's points close by leave the domain, only that claim is not compared") {
  const Array x = Array::from<double>({6}, {0.99999, 0.5, 0.3, -0.2, 0.1, 0.7});
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const Recording f = [](Tape&, std::span<const Var> in) {
      const auto atanh = [](double v) {
        if (std::abs(v) >= 1) throw std::domain_error("atanh: x must be between -1 and 1");
        return std::atanh(v);
      };
      return sum(plain(in[0], atanh, [](Var p, Var ybar) { return ybar / (1.0 - p * p); })) +
             sum(relu(in[0] * 0.1 * 3.0 - in[0] * 0.3));
    };
    CHECK(check(f, x, 1, seed).verdict != Verdict::failed);
  }
}

TEST_CASE("order two raises no alarm where the second derivative is only noise") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    const Array x = sample({{3, 5}, -2, 2}, seed, 1);
    // The rows of a softmax sum to one: y is constant except for rounding.
    const CheckReport constant =
        check([](Tape&, auto in) { return sum(softmax(in[0])); }, x, 2, seed);
    CHECK_MESSAGE(constant.verdict == Verdict::inconclusive, constant);
    const CheckReport line =
        check([](Tape&, auto in) { return sum(in[0] * 3.0 - log(exp(in[0]))); }, x, 2, seed);
    CHECK_MESSAGE(line.verdict != Verdict::failed, line);
    // A normalisation subtracts the bias, so its gradient is zero except for rounding.
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

TEST_CASE("the position in a scalar point is []") {
  const CheckReport report =
      check([](Tape&, auto in) { return exp(in[0]); }, Array::scalar(0.5, DType::f64));
  CHECK(report.passed());
  CHECK(report.tensors[0].worst_position == std::vector<Index>{});
}

}  // namespace autonet
