#pragma once

#include <numbers>

#include "autonet/ops/compare.h"

namespace autonet {

// Functions of one or two numbers, element by element. How one is written: ops/elementwise.h.

namespace internal {
struct Exp : OneNumber {
  static constexpr std::string_view kName = "exp";
  static constexpr std::string_view kFormula = "y = e^x";
  static auto value(auto x, auto) { return exp(x); }
  static Var xbar(Var, Var y, Var ybar, double) { return ybar * y; }
};
}  // namespace internal

/// y = e^x.   xbar = ybar y.
inline Var exp(Var x) {
  return internal::record<internal::Exp>(x);
}

namespace internal {
struct Expm1 : OneNumber {
  static constexpr std::string_view kName = "expm1";
  static constexpr std::string_view kFormula = "y = e^x - 1";
  static auto value(auto x, auto) { return expm1(x); }
  static Var xbar(Var x, Var, Var ybar, double) { return ybar * exp(x); }
};
}  // namespace internal

/// y = e^x - 1, accurate also near 0.   xbar = ybar e^x.
inline Var expm1(Var x) {
  return internal::record<internal::Expm1>(x);
}

namespace internal {
struct Log : OneNumber {
  static constexpr std::string_view kName = "log";
  static constexpr std::string_view kFormula = "y = ln x";
  static constexpr double kLow = 0.2;
  static constexpr double kHigh = 3.0;
  static auto value(auto x, auto) { return log(x); }
  static Var xbar(Var x, Var, Var ybar, double) { return ybar / x; }
};
}  // namespace internal

/// y = ln x.   xbar = ybar / x.
inline Var log(Var x) {
  return internal::record<internal::Log>(x);
}

namespace internal {
struct Log1p : OneNumber {
  static constexpr std::string_view kName = "log1p";
  static constexpr std::string_view kFormula = "y = ln(1 + x)";
  static constexpr double kLow = -0.8;
  static auto value(auto x, auto) { return log1p(x); }
  static Var xbar(Var x, Var, Var ybar, double) { return ybar / (1.0 + x); }
};
}  // namespace internal

/// y = ln(1 + x), accurate also near 0.   xbar = ybar / (1 + x).
inline Var log1p(Var x) {
  return internal::record<internal::Log1p>(x);
}

namespace internal {
struct Sqrt : OneNumber {
  static constexpr std::string_view kName = "sqrt";
  static constexpr std::string_view kFormula = "y = sqrt(x)";
  static constexpr double kLow = 0.2;
  static constexpr double kHigh = 3.0;
  static auto value(auto x, auto) { return sqrt(x); }
  static Var xbar(Var, Var y, Var ybar, double) { return ybar / (2.0 * y); }
};
}  // namespace internal

/// y = sqrt(x).   xbar = ybar / (2 y).
inline Var sqrt(Var x) {
  return internal::record<internal::Sqrt>(x);
}

namespace internal {
struct Pow : OneNumber {
  static constexpr std::string_view kName = "pow";
  static constexpr std::string_view kFormula = "y = x^c";
  static auto value(auto x, auto c) { return pow(x, c); }
  static Var xbar(Var x, Var, Var ybar, double c) {
    // x^0 is 1 with derivative 0 also at x = 0, where x^-1 has no value.
    return c == 0.0 ? 0.0 * ybar : c * (ybar * record<Pow>(x, c - 1.0));
  }
  static std::vector<OpCase> cases() {
    return {{"c = 3, signs", {{{3, 5}}}, [](auto in) { return record<Pow>(in[0], 3.0); }},
            {"c = -0.5", {{{3, 5}, 0.3, 2}}, [](auto in) { return record<Pow>(in[0], -0.5); }},
            {"c = 1", {{{4}}}, [](auto in) { return record<Pow>(in[0], 1.0); }}};
  }
};
}  // namespace internal

/// y = x^c, c fixed.   xbar = c ybar x^(c-1).
inline Var pow(Var x, double c) {
  return internal::record<internal::Pow>(x, c);
}

namespace internal {
struct Power : TwoNumbers {
  static constexpr std::string_view kName = "power";
  static constexpr std::string_view kFormula = "y = a^b";
  template <typename T>
  static T value(T a, T b, T) {
    return pow(a, b);
  }
  static Complex value(Complex a, Complex b, Complex) { return exp(b * log(a)); }
  static Var abar(Var a, Var b, Var, Var ybar, double) {
    return ybar * b * record<Power>(a, b - 1.0);
  }
  static Var bbar(Var a, Var, Var y, Var ybar, double) {
    return record<Masked>(a, ybar * y * log(a), 1.0);
  }
  static std::vector<OpCase> cases() {
    return {{"a bias", {{{3, 5}, 0.3, 2}, {{5}, -2, 2}}, [](auto in) {
               return record<Power>(in[0], in[1]);
             }}};
  }
};
}  // namespace internal

/// y = a^b, for a > 0.   abar = ybar b a^(b-1), bbar = ybar y ln(a), which is 0 at a = 0, its limit
/// for b > 0. Where a is negative, bbar is NaN; for a fixed exponent see pow(Var, double).
inline Var pow(Var a, Var b) {
  return internal::record<internal::Power>(a, b);
}

namespace internal {
struct Sign : OneNumber {
  static constexpr std::string_view kName = "sign";
  static constexpr std::string_view kFormula = "y = -1, 0 or 1";
  static constexpr bool kChoosesBySign = true;
  template <typename T>
  static T value(T x, T) {
    return real(x) != real(x) ? x : T(real(x) > 0) - T(real(x) < 0);
  }
};
}  // namespace internal

/// y = -1, 0 or 1; NaN of NaN.   No derivative: it is 0 wherever it exists.
inline Var sign(Var x) {
  return internal::record<internal::Sign>(x);
}

namespace internal {
struct Abs : OneNumber {
  static constexpr std::string_view kName = "abs";
  static constexpr std::string_view kFormula = "y = |x|";
  static constexpr bool kChoosesBySign = true;
  static auto value(auto x, auto) { return magnitude(x); }
  static Complex value(Complex z, Complex) { return z.real() == 0 ? 0.0 : magnitude(z); }
  static Var xbar(Var x, Var, Var ybar, double) { return ybar * sign(x); }
};
}  // namespace internal

/// y = |x|.   xbar = ybar sign(x), 0 at 0.
inline Var abs(Var x) {
  return internal::record<internal::Abs>(x);
}

namespace internal {
struct Erf : OneNumber {
  static constexpr std::string_view kName = "erf";
  static constexpr std::string_view kFormula =
      "y = 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x";
  static auto value(auto x, auto) { return erf(x); }
  static Var xbar(Var x, Var, Var ybar, double) {
    return 2.0 * std::numbers::inv_sqrtpi * (ybar * exp(-(x * x)));
  }
};
}  // namespace internal

/// The error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x.
/// xbar = ybar 2/sqrt(pi) e^(-x^2).
inline Var erf(Var x) {
  return internal::record<internal::Erf>(x);
}

namespace internal {
struct Erfc : OneNumber {
  static constexpr std::string_view kName = "erfc";
  static constexpr std::string_view kFormula = "y = 1 - erf(x)";
  static auto value(auto x, auto) { return erfc(x); }
  static Var xbar(Var x, Var, Var ybar, double) {
    return -2.0 * std::numbers::inv_sqrtpi * (ybar * exp(-(x * x)));
  }
};
}  // namespace internal

/// y = 1 - erf(x), with all digits also where erf(x) is near 1.
/// xbar = -ybar 2/sqrt(pi) e^(-x^2).
inline Var erfc(Var x) {
  return internal::record<internal::Erfc>(x);
}

namespace internal {
struct Tanh : OneNumber {
  static constexpr std::string_view kName = "tanh";
  static constexpr std::string_view kFormula = "y = tanh(x)";
  static auto value(auto x, auto) { return tanh(x); }
  static Var xbar(Var x, Var, Var ybar, double);
};

struct Sech : OneNumber {
  static constexpr std::string_view kName = "sech";
  static constexpr std::string_view kFormula = "y = 1 / cosh(x)";
  template <typename T>
  static T value(T x, T) {
    const T decayed = exp(-magnitude(x));
    return T{2} * decayed / (T{1} + decayed * decayed);
  }
  static Var xbar(Var x, Var y, Var ybar, double) { return -(ybar * (y * record<Tanh>(x))); }
};

inline Var Tanh::xbar(Var x, Var, Var ybar, double) {
  const Var s = record<Sech>(x);
  return ybar * (s * s);  // 1 - y^2 would lose its digits where y is near 1
}
}  // namespace internal

/// y = tanh(x).   xbar = ybar sech(x)^2.
inline Var tanh(Var x) {
  return internal::record<internal::Tanh>(x);
}

/// y = 1 / cosh(x) = 2 / (e^x + e^-x).   xbar = -ybar y tanh(x).
inline Var sech(Var x) {
  return internal::record<internal::Sech>(x);
}

namespace internal {
struct Sin : OneNumber {
  static constexpr std::string_view kName = "sin";
  static constexpr std::string_view kFormula = "y = sin(x)";
  static auto value(auto x, auto) { return sin(x); }
  static Var xbar(Var x, Var, Var ybar, double);
};

struct Cos : OneNumber {
  static constexpr std::string_view kName = "cos";
  static constexpr std::string_view kFormula = "y = cos(x)";
  static auto value(auto x, auto) { return cos(x); }
  static Var xbar(Var x, Var, Var ybar, double) { return -(ybar * record<Sin>(x)); }
};

inline Var Sin::xbar(Var x, Var, Var ybar, double) {
  return ybar * record<Cos>(x);
}

struct Tan : OneNumber {
  static constexpr std::string_view kName = "tan";
  static constexpr std::string_view kFormula = "y = tan(x)";
  static constexpr double kLow = -1.2;
  static constexpr double kHigh = 1.2;
  static auto value(auto x, auto) { return tan(x); }
  static Var xbar(Var, Var y, Var ybar, double) { return ybar * (1.0 + y * y); }
};

struct Atan2 : TwoNumbers {
  static constexpr std::string_view kName = "atan2";
  static constexpr std::string_view kFormula = "y = the angle of the point (b, a)";
  static auto value(auto a, auto b, auto) { return atan2(a, b); }
  static Var abar(Var a, Var b, Var, Var ybar, double) { return ybar * (b / (a * a + b * b)); }
  static Var bbar(Var a, Var b, Var, Var ybar, double) { return -(ybar * (a / (a * a + b * b))); }
  static std::vector<OpCase> cases() {
    return {
        {"all quadrants", {{{6, 5}}, {{5}}}, [](auto in) { return record<Atan2>(in[0], in[1]); }}};
  }
};
}  // namespace internal

/// y = sin(x), x in radians.   xbar = ybar cos(x).
inline Var sin(Var x) {
  return internal::record<internal::Sin>(x);
}

/// y = cos(x), x in radians.   xbar = -ybar sin(x).
inline Var cos(Var x) {
  return internal::record<internal::Cos>(x);
}

/// y = tan(x), x in radians.   xbar = ybar (1 + y^2).
inline Var tan(Var x) {
  return internal::record<internal::Tan>(x);
}

/// The angle of the point (b, a) in radians, from -pi to pi: atan(a / b) where b > 0.
/// abar = ybar b / (a^2 + b^2), bbar = -ybar a / (a^2 + b^2); NaN at the origin.
inline Var atan2(Var a, Var b) {
  return internal::record<internal::Atan2>(a, b);
}

namespace internal {
using MathFunctions = FunctionList<Exp, Expm1, Log, Log1p, Sqrt, Pow, Power, Abs, Sign, Erf, Erfc,
                                   Tanh, Sech, Sin, Cos, Tan, Atan2>;
}  // namespace internal

}  // namespace autonet
