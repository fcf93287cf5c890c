#include "ops/math.h"

#include <numbers>

#include "ops/arithmetic.h"
#include "ops/elementwise.h"

namespace autonet {

Var exp(Var x) {
  static const UnaryRule kRule{"exp", cpu::Unary::exp,
                               [](Var, Var y, Var ybar, double) { return ybar * y; }};
  return record_unary(kRule, x);
}

Var log(Var x) {
  static const UnaryRule kRule{"log", cpu::Unary::log,
                               [](Var p, Var, Var ybar, double) { return ybar / p; }};
  return record_unary(kRule, x);
}

Var sqrt(Var x) {
  static const UnaryRule kRule{"sqrt", cpu::Unary::sqrt,
                               [](Var, Var y, Var ybar, double) { return ybar / (2.0 * y); }};
  return record_unary(kRule, x);
}

Var pow(Var x, double c) {
  static const UnaryRule kRule{"pow", cpu::Unary::power, [](Var p, Var, Var ybar, double k) {
                                 // x^0 is 1 with derivative 0 also at x = 0, where x^-1 has no
                                 // value.
                                 return k == 0.0 ? scale(ybar, 0.0) : k * (ybar * pow(p, k - 1.0));
                               }};
  return record_unary(kRule, x, c);
}

Var sign(Var x) {
  static const UnaryRule kRule{"sign", cpu::Unary::sign};
  return record_unary(kRule, x);
}

Var abs(Var x) {
  static const UnaryRule kRule{"abs", cpu::Unary::abs,
                               [](Var p, Var, Var ybar, double) { return ybar * sign(p); }};
  return record_unary(kRule, x);
}

Var erf(Var x) {
  static const UnaryRule kRule{"erf", cpu::Unary::erf, [](Var p, Var, Var ybar, double) {
                                 return 2.0 * std::numbers::inv_sqrtpi * (ybar * exp(-(p * p)));
                               }};
  return record_unary(kRule, x);
}

std::vector<OpInfo> math_ops() {
  const auto one = [](Var (*op)(Var), double low, double high) {
    return std::vector<OpCase>{
        {"odd shape", {{{3, 5}, low, high}}, [op](std::span<const Var> in) { return op(in[0]); }}};
  };
  return {
      {"exp", "y = e^x", one(exp, -2, 2)},
      {"log", "y = ln x", one(log, 0.2, 3)},
      {"sqrt", "y = sqrt(x)", one(sqrt, 0.2, 3)},
      {"pow",
       "y = x^c",
       {{"c = 3, signs", {{{3, 5}}}, [](auto in) { return pow(in[0], 3.0); }},
        {"c = -0.5", {{{3, 5}, 0.3, 2}}, [](auto in) { return pow(in[0], -0.5); }},
        {"c = 1", {{{4}}}, [](auto in) { return pow(in[0], 1.0); }}}},
      {"abs", "y = |x|", one(abs, -1, 1)},
      {"sign", "y = -1, 0 or 1", one(sign, -1, 1)},
      {"erf", "y = 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x", one(erf, -2, 2)},
  };
}

}  // namespace autonet
