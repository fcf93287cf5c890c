#pragma once

#include <numbers>

#include "autonet/ops/arithmetic.h"

namespace autonet {

// Functions of one number, element by element. How one is written: ops/elementwise.h.

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
using MathFunctions = FunctionList<Exp, Expm1, Log, Sqrt, Pow, Abs, Sign, Erf, Erfc, Tanh, Sech>;
}  // namespace internal

}  // namespace autonet
