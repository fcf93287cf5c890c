// A host program's own op, checked in a line; and what the report says to other programs.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "check/check_grad.h"
#include "ops/arithmetic.h"
#include "ops/math.h"
#include "ops/op_info.h"
#include "ops/reduce.h"

namespace autonet {
namespace {

/// y = x · |x|^2 where label is 1, else x: two inputs, one of which has no derivative.
class Cubed : public Op {
 public:
  explicit Cubed(double factor) : factor_(factor) {}
  std::string_view name() const override { return "cubed"; }
  int arity() const override { return 2; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context&, std::span<const Array> in, Array& y) const override {
    const std::vector<double> x = in[0].to_vector();
    const std::vector<double> label = in[1].to_vector();
    std::vector<double> cubes(x.size());
    for (size_t i = 0; i < x.size(); ++i) cubes[i] = label[i] == 1.0 ? x[i] * x[i] * x[i] : x[i];
    y.copy_from(Array::from<double>(in[0].shape(), cubes));
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return ybar * (in[1] * (factor_ * (in[0] * in[0])) + (1.0 - in[1]));
  }
  bool differentiable(int i) const override { return i == 0; }

 private:
  double factor_;
};

const Array kX = sample({{2, 3}, -2, 2}, 4, 1);
const Array kLabels = Array::from<double>({2, 3}, {1.0, 0.0, 1.0, 1.0, 0.0, 1.0});

}  // namespace

TEST_CASE("an op of the host's own is checked in one line; labels are held still") {
  CHECK(check_op(std::make_shared<Cubed>(3.0), {kX, kLabels}));
  const CheckReport report = check_op(std::make_shared<Cubed>(3.0), {kX, kLabels});
  REQUIRE(report.tensors.size() == 1);
  CHECK(report.tensors[0].name == "input 0");
  CHECK(report.rules[0].against == "differences");
}

TEST_CASE("a wrong rule of the host's own is caught, and the report prints itself") {
  const CheckReport report = check_op(std::make_shared<Cubed>(2.0), {kX, kLabels});
  CHECK_FALSE(report);
  std::ostringstream text;
  text << report;
  CHECK(text.str() == to_text(report));
  CHECK(text.str().find("the rule of cubed, input 0: it is 0.666667 times the change of y wherever "
                        "they disagree: a factor is wrong") != std::string::npos);
  CHECK(text.str().ends_with("\nFAILED\n"));
}

TEST_CASE("labels are no whole numbers to draw: the exact check keeps them as they are") {
  static constexpr std::array<double, 3> kTable{2.0, -1.0, 5.0};
  /// Each y is x times its row of a table; a label that is none throws.
  class Weighed : public Op {
   public:
    std::string_view name() const override { return "weighed"; }
    int arity() const override { return 2; }
    ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
    void forward(Context&, std::span<const Array> in, Array& y) const override {
      std::vector<double> x = in[0].to_vector();
      const std::vector<double> label = in[1].to_vector();
      for (size_t i = 0; i < x.size(); ++i) x[i] *= kTable.at(static_cast<size_t>(label[i]));
      y.copy_from(Array::from<double>(in[0].shape(), x).to(y.dtype()));
    }
    Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
      return ybar.tape().record(std::make_shared<Weighed>(), {ybar, in[1]});
    }
    bool differentiable(int i) const override { return i == 0; }
    bool linear_in(int i) const override { return i == 0; }
  };
  const Array labels = Array::from<double>({4}, {0, 2, 1, 2});
  const CheckReport report = check_op(std::make_shared<Weighed>(), {sample({{4}}, 4, 3), labels});
  CHECK_MESSAGE(report.passed(), report);
  const auto exact = std::ranges::find(report.claims, "exact", &ClaimCheck::name);
  CHECK(exact->compared >= 2);  // this one and the contraction
}

TEST_CASE("a mean is exact only by chance: its fractions are no failure") {
  const Array x = sample({{3}}, 4, 3);
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    CheckGradOptions options;
    options.seed = seed;
    options.max_elements = 1;
    const CheckReport report =
        check_grad([](Tape&, auto in) { return mean(in[0]); }, std::vector<Array>{x},
                   std::vector<std::string>{"x"}, options);
    CHECK_MESSAGE(report.passed(), report);
  }
}

TEST_CASE("an op of three inputs has a row for each, and says which rule is wrong") {
  /// y = x w + b, whose rule for b is off by a factor.
  class Affine : public Op {
   public:
    std::string_view name() const override { return "affine"; }
    int arity() const override { return 3; }
    ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
    void forward(Context&, std::span<const Array> in, Array& y) const override {
      std::vector<double> x = in[0].to_vector();
      const std::vector<double> w = in[1].to_vector();
      const std::vector<double> b = in[2].to_vector();
      for (size_t i = 0; i < x.size(); ++i) x[i] = x[i] * w[i] + b[i];
      y.copy_from(Array::from<double>(in[0].shape(), x).to(y.dtype()));
    }
    Var vjp(int i, std::span<const Var> in, Var, Var ybar) const override {
      return i == 2 ? 1.01 * ybar : ybar * in[i == 0 ? 1 : 0];
    }
  };
  const CheckReport report = check_op(
      std::make_shared<Affine>(), {sample({{5}}, 4, 1), sample({{5}}, 4, 2), sample({{5}}, 4, 3)});
  REQUIRE(report.rules.size() >= 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(report.rules[static_cast<size_t>(i)].input == i);
    CHECK(report.rules[static_cast<size_t>(i)].verdict ==
          (i == 2 ? Verdict::failed : Verdict::passed));
  }
  CHECK(to_text(report).find("the rule of affine, input 2: it is 1.01 times the change of y: a "
                             "factor is wrong") != std::string::npos);
}

TEST_CASE("a rule that is wrong by little is described as such, not as a missing flip") {
  for (const double factor : {1.0 + 1e-7, 1.0 - 1e-6}) {
    /// y = 2 x, element by element, a linear op: nothing here rounds.
    class Doubled : public Op {
     public:
      explicit Doubled(double factor) : factor_(factor) {}
      std::string_view name() const override { return "doubled"; }
      ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
      void forward(Context&, std::span<const Array> in, Array& y) const override {
        std::vector<double> x = in[0].to_vector();
        for (double& number : x) number *= 2;
        y.copy_from(Array::from<double>(in[0].shape(), x).to(y.dtype()));
      }
      Var vjp(int, std::span<const Var>, Var, Var ybar) const override {
        return (2 * factor_) * ybar;
      }
      bool linear_in(int) const override { return true; }

     private:
      double factor_;
    };
    CAPTURE(factor);
    const CheckReport report = check_op(std::make_shared<Doubled>(factor), {kX});
    CHECK(report.verdict == Verdict::failed);
    CHECK(report.rules[0].diagnosis == (factor > 1 ? "it is 1 + 1e-07 times the change of y: a "
                                                     "factor is wrong"
                                                   : "it is 1 - 1e-06 times the change of y: a "
                                                     "factor is wrong"));
  }
}

TEST_CASE("JUnit: a case a tensor, a rule and a claim, failures with their diagnosis, escaped") {
  const CheckReport report = check_op(std::make_shared<Cubed>(2.0), {kX, kLabels});
  const std::string xml = to_junit(report, "a <b> & \"c\"");
  CHECK(
      xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<testsuite name=\"a &lt;b&gt; &amp; &quot;c&quot;\" tests=\""));
  CHECK(xml.find("<testcase classname=\"tensors\" name=\"input 0\">\n    <failure message=\"") !=
        std::string::npos);
  CHECK(xml.find("<testcase classname=\"claims\" name=\"repeatable\"/>") != std::string::npos);
  CHECK(xml.ends_with("</testsuite>\n"));
}

}  // namespace autonet
