// Element by element: sums, products, powers and functions of one number.
#include "autonet/ops/arithmetic.h"

#include <cmath>
#include <numbers>

#include "autonet/ops/compare.h"
#include "autonet/ops/math.h"
#include "autonet/ops/rearrange.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"
#include "exchange/step_function.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

template <Var (*F)(Var)>
Outputs one(const Call& c) {
  c.ignore("consumed_inputs");  // a hint of version 1
  return c.result(F(c.in(0)));
}

template <Var (*F)(Var, Var)>
Outputs two(const Call& c) {
  return c.result(F(c.in(0), second_of(c)));
}

Outputs div_of(const Call& c) {
  const Var y = c.in(0) / second_of(c);
  return c.result(is_whole(c.type(0)) ? truncated(y) : y);
}

Outputs pow_of(const Call& c) {
  const Var x = c.in(0);
  const Var given = second_of(c);
  const Var exponent = given.dtype() == x.dtype() ? given : cast(given, x.dtype());
  const Array& known = c.tensor(1).known;
  // With a fixed exponent the derivative exists for negative numbers too.
  const Var y = known.has_data() && known.size() == 1 && known.rank() <= x.rank()
                    ? pow(x, known.to_vector()[0])
                    : pow(x, exponent);
  return c.result(is_whole(c.type(0)) ? truncated(y) : y);
}

/// The remainder: with the sign of b, or with `fmod` that of a.
Outputs mod_of(const Call& c) {
  const bool sign_of_a = c.whole("fmod", 0) != 0;
  const auto quotient = sign_of_a ? +[](double a, double b) { return (a - std::fmod(a, b)) / b; }
                                  : +[](double a, double b) {
                                      const double rest = std::fmod(a, b);
                                      const double q = (a - rest) / b;
                                      return rest != 0 && (rest < 0) != (b < 0) ? q - 1 : q;
                                    };
  const Var a = cast(c.in(0), DType::f64);
  const Var b = cast(c.in(1), DType::f64);
  const Var q = record_step("quotient", quotient, a, b);
  // Where the quotient is 0, b may be infinite.
  return c.result(cast(where(q, a - b * q, a), c.in(0).dtype()));
}

template <Var (*F)(Var, Var)>
Var fold(const Call& c) {
  Var y = c.in(0);
  for (size_t i = 1; i < c.inputs(); ++i) y = F(y, c.in(i));
  return y;
}

Outputs mean_of(const Call& c) {
  return c.result(fold<add>(c) / static_cast<double>(c.inputs()));
}

template <Var (*F)(Var, Var)>
Outputs folded(const Call& c) {
  c.ignore("consumed_inputs");
  return c.result(fold<F>(c));
}

/// min and max as attributes in versions before 11, as inputs later.
Outputs clip_of(const Call& c) {
  c.ignore("consumed_inputs");
  Var y = c.in(0);
  const auto bound = [&](size_t i, const char* name) -> std::optional<Var> {
    if (c.has(i)) return c.in(i);
    if (!c.has_attribute(name)) return std::nullopt;
    return internal::number_like(y, c.number(name, 0.0));
  };
  // Where min is above max, ONNX gives max.
  if (const auto low = bound(1, "min")) y = maximum(y, *low);
  if (const auto high = bound(2, "max")) y = minimum(y, *high);
  return c.result(y);
}

Var reciprocal(Var x) {
  return 1.0 / x;
}
Var log_of(Var x) {
  return log(x);
}
Var square_root(Var x) {
  return sqrt(x);
}
Var minus(Var x) {
  return -x;
}

/// atan(x) = the angle of the point (1, x).
Var arctan(Var x) {
  return atan2(x, internal::number_like(x, 1.0));
}
Var sqrt_one_minus_square(Var x) {
  return sqrt((1.0 - x) * (1.0 + x));
}
Var arcsin(Var x) {
  return atan2(x, sqrt_one_minus_square(x));
}
Var arccos(Var x) {
  return atan2(sqrt_one_minus_square(x), x);
}
Var sinh_of(Var x) {
  return 0.5 * (expm1(x) - expm1(-x));
}
Var cosh_of(Var x) {
  return 0.5 * (exp(x) + exp(-x));
}
/// ln(x + sqrt(x^2 + 1)) for x >= 0, without loss of digits near 0.
Var arsinh_above(Var x) {
  const Var square = x * x;
  return log1p(x + square / (1.0 + sqrt(1.0 + square)));
}
Var arsinh(Var x) {
  return where(greater_equal(x, 0.0), arsinh_above(x), -arsinh_above(-x));
}
Var arcosh(Var x) {
  return log(x + sqrt((x - 1.0) * (x + 1.0)));
}
Var artanh(Var x) {
  return 0.5 * (log1p(x) - log1p(-x));
}
Var sign_of(Var x) {
  return sign(x);
}

}  // namespace

std::vector<Operator> arithmetic_operators() {
  return {{"Add", two<add>},
          {"Sub", two<sub>},
          {"Mul", two<mul>},
          {"Div", div_of},
          {"Pow", pow_of},
          {"Mod", mod_of},
          {"Sum", folded<add>},
          {"Mean", mean_of},
          {"Max", folded<maximum>},
          {"Min", folded<minimum>},
          {"Clip", clip_of},
          {"Neg", one<minus>},
          {"Abs", one<abs>},
          {"Sign", one<sign_of>},
          {"Reciprocal", one<reciprocal>},
          {"Sqrt", one<square_root>},
          {"Exp", one<exp>},
          {"Log", one<log_of>},
          {"Erf", one<erf>},
          {"Sin", one<sin>},
          {"Cos", one<cos>},
          {"Tan", one<tan>},
          {"Asin", one<arcsin>},
          {"Acos", one<arccos>},
          {"Atan", one<arctan>},
          {"Sinh", one<sinh_of>},
          {"Cosh", one<cosh_of>},
          {"Tanh", one<tanh>},
          {"Asinh", one<arsinh>},
          {"Acosh", one<arcosh>},
          {"Atanh", one<artanh>},
          {"Floor", one<floor>},
          {"Ceil", one<ceil>},
          {"Round", one<round_even>}};
}

}  // namespace autonet::exchange
