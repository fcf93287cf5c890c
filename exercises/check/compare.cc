#include "exercises/check/compare.h"

#include <cmath>
#include <cstdio>
#include <span>

namespace exercise {
namespace {

using autonet::DType;
using autonet::Tape;
using autonet::Var;

Array noise(const Shape& shape, autonet::Random& random) {
  Array x = zeros(shape);
  for (double& v : std::span(x.data<double>(), static_cast<size_t>(x.size()))) v = random.normal();
  return x;
}

bool close(double a, double b) {
  return std::abs(a - b) <= 1e-9 * (1.0 + std::abs(b));  // false for NaN
}

/// The first index at which they differ, or their length.
size_t first_difference(const std::vector<double>& a, const std::vector<double>& b) {
  size_t i = 0;
  while (i < a.size() && close(a[i], b[i])) ++i;
  return i;
}

/// "[1,0,2]": the position of element `index` of an array of this shape.
std::string position_text(const Shape& shape, size_t index) {
  std::string text;
  auto rest = static_cast<Index>(index);
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    text.insert(0, std::to_string(rest % shape[axis]) + (text.empty() ? "" : ","));
    rest /= shape[axis];
  }
  return "[" + text + "]";
}

}  // namespace

Array y_of(const Op& op, const Array& x, const Array& w, const Array& b) {
  Tape tape;
  const Var y = op(tape.variable(x), tape.variable(w)) + tape.variable(b);
  return y.value().contiguous();
}

Gradients gradients_of(const Op& op, const Example& example, const Array& ybar) {
  Tape tape;
  const Var x = tape.variable(example.x);
  const Var w = tape.variable(example.w);
  const Var b = tape.variable(example.b);
  const Var loss = sum((op(x, w) + b) * tape.variable(ybar));
  return {grad(loss, x).value().contiguous(), grad(loss, w).value().contiguous(),
          grad(loss, b).value().contiguous()};
}

Example example_of(const Op& op, const Shape& x, const Shape& w, autonet::Random& random) {
  Example example;
  example.x = noise(x, random);
  example.w = noise(w, random);
  example.b = noise({w[w.rank() - 1]}, random);
  example.y = y_of(op, example.x, example.w, example.b);
  example.ybar = noise(example.y.shape(), random);
  example.bars = gradients_of(op, example, example.ybar);
  return example;
}

std::string compare(const std::string& name, const Array& got, const Array& expected,
                    const std::vector<Suspect>& suspects) {
  const std::string start = "     " + name + ": ";
  if (!got.has_data()) return start + "it is empty\n";
  if (got.shape() != expected.shape() || got.dtype() != DType::f64) {
    return start + "it has the shape " + got.shape().str() + ", expected " +
           expected.shape().str() + " (f64);\n     check the sizes and the padding\n";
  }
  const std::vector<double> a = got.to_vector();
  const std::vector<double> right = expected.to_vector();
  const size_t wrong = first_difference(a, right);
  if (wrong == a.size()) return "";
  for (const Suspect& suspect : suspects) {
    const bool same = suspect.value.shape() == got.shape() &&
                      first_difference(a, suspect.value.to_vector()) == a.size();
    if (same) return start + suspect.advice + "\n";
  }
  char text[100];
  std::snprintf(text, sizeof text, " it is %.6g, expected %.6g\n", a[wrong], right[wrong]);
  return start + "at " + position_text(got.shape(), wrong) + text;
}

std::string differences(const Op& op, const Backward& backward, const Example& example) {
  autonet::CheckGradientOptions options{.names = {"x", "w", "b"}};
  options.max_elements = 10;
  options.batch = example.x.shape()[0];
  const std::vector<Array> at = {example.x, example.w, example.b};
  const autonet::CheckReport report = autonet::check_gradient(
      [&](std::span<const Array> in) { return y_of(op, in[0], in[1], in[2]); },
      [&](std::span<const Array> in, const Array& ybar) {
        const Gradients bars = backward(in[0], in[1], ybar);
        return std::vector<Array>{bars.xbar, bars.wbar, bars.bbar};
      },
      at, options);
  if (report.passed()) return "";
  return "     The gradient check, for the derivatives by x, w and b:\n" + to_text(report);
}

}  // namespace exercise
