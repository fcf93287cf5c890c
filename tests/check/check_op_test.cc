// A host program's own op, checked in a line; and what the report says to other programs.
#include <doctest/doctest.h>

#include <sstream>

#include "check/check_grad.h"
#include "ops/arithmetic.h"
#include "ops/math.h"
#include "ops/op_info.h"

namespace autonet {
namespace {

/// y = x · |x|^2 where label is 1, else x: two inputs, one of which has no derivative.
class Cubed : public Op {
 public:
  explicit Cubed(double factor) : factor_(factor) {}
  std::string_view name() const override { return "cubed"; }
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
