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
#include "ops/views.h"
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

TEST_CASE("a root next to zero is known by steps as small as its place") {
  const Array edge = Array::full({{2}, DType::f64}, 1e-10);
  for (const double factor : {0.5, 0.5005}) {
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

TEST_CASE("features of any size beside the tensor's own scale are found, right and wrong") {
  // The step begins at 4e-3 of the tensor's scale: far too large for each of these.
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

TEST_CASE("an element that agrees by chance proves nothing of its hidden neighbours") {
  for (const double offset : {1e10, 1e11, 1e12}) {
    for (const double factor : {1.001, -1.0}) {
      for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(offset);
        CAPTURE(factor);
        CAPTURE(seed);
        const Recording f = [&](Tape& tape, std::span<const Var> in) {
          const Var y = plain(
              in[0], [offset](double v) { return offset + std::sin(v); },
              [factor](Var x, Var ybar) {
                const Var y0 = plain(
                    x, [](double v) { return std::cos(v); },
                    [](Var, Var bar) { return 0.0 * bar; });
                return factor * (ybar * y0);
              });
          return sum(y * tape.constant(sample({{50}}, 8, 2).to(y.dtype())));
        };
        const CheckReport report = check(f, sample({{50}, -2, 2}, 8, 1), 1, seed);
        CHECK_MESSAGE(report.verdict != Verdict::passed, report);
      }
    }
  }
}

TEST_CASE("numbers only just above atol are not shown to be right by being within it") {
  for (const double factor : {0.9, 1.3, 1.001}) {
    CAPTURE(factor);
    const Recording f = [factor](Tape&, std::span<const Var> in) {
      return sum(plain(
          in[0], [](double v) { return 3e-9 * std::sin(v); },
          [factor](Var, Var ybar) { return (factor * 3e-9) * ybar; }));
    };
    CHECK(check(f, sample({{6}, 0.05, 0.06}, 8, 1)).verdict != Verdict::passed);
  }
}

TEST_CASE("a tensor of which half is hidden, and no complex step, is not passed") {
  // y = 1e12 x0 + sin x1, the rule for x1 with the wrong sign.
  class Lopsided : public Op {
   public:
    std::string_view name() const override { return "lopsided"; }
    ArrayType infer(std::span<const ArrayType> in) const override { return {{}, in[0].dtype}; }
    void forward(Context&, std::span<const Array> in, Array& y) const override {
      const std::vector<double> x = in[0].to_vector();
      y.fill(1e12 * x[0] + std::sin(x[1]));
    }
    Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
      const DType dtype = in[0].dtype();
      const Var rates = in[0].tape().constant(Array::from<double>({2}, {1e12, -0.9}).to(dtype));
      return broadcast_to(ybar, {2}) * rates;
    }
  };
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const CheckReport report = check(
        [](Tape& tape, auto in) { return tape.record(std::make_shared<Lopsided>(), {in[0]}); },
        Array::from<double>({2}, {0.3, 0.4}), 1, seed);
    CHECK_MESSAGE(report.verdict != Verdict::passed, report);
  }
}

TEST_CASE("order two does not pass where a tensor's second derivative is hidden") {
  const std::vector<Array> points{sample({{3}}, 8, 1), sample({{3}}, 8, 2)};
  const std::vector<std::string> names{"x0", "x1"};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    CheckGradOptions options;
    options.order = 2;
    options.seed = seed;
    const auto slope = [](Var x, Var ybar) {
      const Var cosine = plain(
          x, [](double v) { return 1e13 + std::cos(v); },
          [](Var p, Var bar) {
            return bar *
                   plain(
                       p, [](double v) { return std::sin(v); }, [](Var, Var b) { return 0.0 * b; });
          });  // … whose sign is wrong
      return ybar * cosine;
    };
    const CheckReport report = check_grad(
        [&](Tape&, std::span<const Var> in) {
          return sum(in[0] * in[0]) +
                 sum(plain(
                     in[1], [](double v) { return 1e13 * v + std::sin(v); }, slope));
        },
        points, names, options);
    CHECK_MESSAGE(report.verdict != Verdict::passed, report);
  }
}

TEST_CASE("whole numbers keep to the domain of the inputs beside") {
  /// y = a b, linear in a, whose rule for a knows b by its logarithm alone.
  class Product : public Op {
   public:
    explicit Product(bool throws) : throws_(throws) {}
    std::string_view name() const override { return "product"; }
    int arity() const override { return 2; }
    ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
    void forward(Context&, std::span<const Array> in, Array& y) const override {
      std::vector<double> a = in[0].to_vector();
      const std::vector<double> b = in[1].to_vector();
      for (size_t k = 0; k < a.size(); ++k) a[k] *= b[k];
      y.copy_from(Array::from<double>(y.shape(), a).to(y.dtype()));
    }
    Var vjp(int i, std::span<const Var> in, Var, Var ybar) const override {
      if (i == 1) return ybar * in[0];
      const auto logarithm = [throws = throws_](double b) {
        if (throws && b <= 0) throw std::domain_error("log: b must be positive");
        return std::log(b);
      };
      return ybar * exp(plain(in[1], logarithm, [](Var b, Var bar) { return bar / b; }));
    }
    bool linear_in(int i) const override { return i == 0; }

   private:
    bool throws_;
  };
  const Array x = Array::from<double>({3}, {1, 2, 3});
  for (const bool throws : {false, true}) {
    const CheckReport report = check_op(std::make_shared<Product>(throws), {x, x});
    CHECK_MESSAGE(report.verdict == Verdict::passed, report);
  }
}

TEST_CASE("a domain that the look beside for f32 leaves stops that claim alone") {
  const Array x = Array::from<double>({6}, {0.99999, 0.5, 0.3, -0.2, 0.1, 0.7});
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
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
