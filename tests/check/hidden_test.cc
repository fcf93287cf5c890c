// Wrong gradients where rounding hides what is measured: they do not pass.
#include <doctest/doctest.h>

#include <cmath>

#include "autonet/ops/op_info.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "tests/check/host_op.h"

namespace autonet {

TEST_CASE("a difference that only rounding excuses does not pass") {
  // y = 1e4 + 1e-8 x: differences can hardly tell a rule with the wrong sign from the right one.
  for (const double slope : {-1e-8, -1e-7, 1e-8}) {
    CAPTURE(slope);
    const Recording f = [slope](Tape&, std::span<const Var> in) {
      return sum(plain(
          in[0], [](double x) { return 1e4 + 1e-8 * x; },
          [slope](Var, Var ybar) { return slope * ybar; }));
    };
    const Verdict verdict = check_point(f, sample({{6}}, 3, 1)).verdict;
    CHECK(verdict != (slope < 0 ? Verdict::passed : Verdict::failed));
  }
  // The same for the row of a rule: each y is 1e9 and moves by 1e-7.
  const Recording row = [](Tape& tape, std::span<const Var> in) {
    const Var y = plain(
        in[0], [](double x) { return 1e9 + 1e-6 * x; }, [](Var, Var ybar) { return -1e-6 * ybar; });
    return sum((y - tape.constant(Array::full({{6}, DType::f64}, 1e9))) * 1e6);
  };
  const CheckReport report = check_point(row, sample({{6}}, 3, 1));
  CHECK_MESSAGE(report.verdict != Verdict::passed, report);
  REQUIRE(report.rules[0].op == "plain");
  CHECK(report.rules[0].verdict != Verdict::passed);
}

TEST_CASE("an element that agrees by chance proves nothing about hidden elements") {
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
        const CheckReport report = check_point(f, sample({{50}, -2, 2}, 8, 1), {.seed = seed});
        CHECK_MESSAGE(report.verdict != Verdict::passed, report);
      }
    }
  }
}

TEST_CASE("an error within atol does not confirm numbers only slightly above atol") {
  for (const double factor : {0.9, 1.3, 1.001}) {
    CAPTURE(factor);
    const Recording f = [factor](Tape&, std::span<const Var> in) {
      return sum(plain(
          in[0], [](double v) { return 3e-9 * std::sin(v); },
          [factor](Var, Var ybar) { return (factor * 3e-9) * ybar; }));
    };
    CHECK(check_point(f, sample({{6}, 0.05, 0.06}, 8, 1)).verdict != Verdict::passed);
  }
}

TEST_CASE("a tensor without a complex step does not pass if half of it is hidden") {
  /// y = 1e12 x0 + sin x1; the rule for x1 has the wrong sign.
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
    const CheckReport report = check_point(
        [](Tape& tape, auto in) { return tape.record(std::make_shared<Lopsided>(), {in[0]}); },
        Array::from<double>({2}, {0.3, 0.4}), {.seed = seed});
    CHECK_MESSAGE(report.verdict != Verdict::passed, report);
  }
}

TEST_CASE("order two does not pass if a tensor's second derivative is hidden") {
  const std::vector<Array> points{sample({{3}}, 8, 1), sample({{3}}, 8, 2)};
  const std::vector<std::string> names{"x0", "x1"};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    const auto slope = [](Var x, Var ybar) {
      const Var cosine = plain(
          x, [](double v) { return 1e13 + std::cos(v); },
          [](Var p, Var bar) {
            return bar *
                   plain(
                       p, [](double v) { return std::sin(v); }, [](Var, Var b) { return 0.0 * b; });
          });  // this rule has the wrong sign
      return ybar * cosine;
    };
    const CheckReport report = check_grad(
        [&](Tape&, std::span<const Var> in) {
          return sum(in[0] * in[0]) +
                 sum(plain(
                     in[1], [](double v) { return 1e13 * v + std::sin(v); }, slope));
        },
        points, names, {.seed = seed, .order = 2});
    CHECK_MESSAGE(report.verdict != Verdict::passed, report);
  }
}

}  // namespace autonet
