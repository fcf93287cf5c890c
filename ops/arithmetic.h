#pragma once

#include "autonet/autograd/grad.h"
#include "autonet/ops/elementwise.h"

namespace autonet {

// Element by element, with NumPy's broadcasting: shapes are aligned at the last axis, and lengths
// of 1 are stretched. The gradient of a stretched input is summed over the axes along which it was
// stretched. Functions of two arrays throw Error if the dtypes differ or the shapes do not
// broadcast. How such a function is written: ops/elementwise.h.

namespace internal {
struct Negate : OneNumber {
  static constexpr std::string_view kName = "negate";
  static constexpr std::string_view kFormula = "y = -x";
  static constexpr bool kLinear = true;
  static auto value(auto x, auto) { return -x; }
  static Var xbar(Var, Var, Var ybar, double) { return record<Negate>(ybar); }
};
}  // namespace internal

/// y = -x.   xbar = -ybar.
inline Var negate(Var x) {
  return internal::record<internal::Negate>(x);
}
/// The same as negate(x).
inline Var operator-(Var x) {
  return negate(x);
}

namespace internal {
struct Scale : OneNumber {
  static constexpr std::string_view kName = "scale";
  static constexpr std::string_view kFormula = "y = c x";
  static constexpr bool kLinear = true;
  static auto value(auto x, auto c) { return c * x; }
  static Var xbar(Var, Var, Var ybar, double c) { return record<Scale>(ybar, c); }
  static std::vector<OpCase> cases() {
    return {{"c = -2.5", {{{3, 5}}}, [](auto in) { return record<Scale>(in[0], -2.5); }}};
  }
};
}  // namespace internal

/// y = c x.   xbar = c ybar.
inline Var scale(Var x, double c) {
  return internal::record<internal::Scale>(x, c);
}
/// The same as scale(x, c).
inline Var operator*(Var x, double c) {
  return scale(x, c);
}
/// The same as scale(x, c).
inline Var operator*(double c, Var x) {
  return scale(x, c);
}
/// The same as scale(x, 1 / c).
inline Var operator/(Var x, double c) {
  return scale(x, 1.0 / c);
}

namespace internal {
struct Add : TwoNumbers {
  static constexpr std::string_view kName = "add";
  static constexpr std::string_view kFormula = "y = a + b";
  static auto value(auto a, auto b, auto) { return a + b; }
  static Var abar(Var, Var, Var, Var ybar, double) { return ybar; }
  static Var bbar(Var, Var, Var, Var ybar, double) { return ybar; }
};
}  // namespace internal

/// y = a + b.   abar = ybar, bbar = ybar.
inline Var add(Var a, Var b) {
  return internal::record<internal::Add>(a, b);
}
/// The same as add(a, b).
inline Var operator+(Var a, Var b) {
  return add(a, b);
}

namespace internal {
struct Sub : TwoNumbers {
  static constexpr std::string_view kName = "sub";
  static constexpr std::string_view kFormula = "y = a - b";
  static auto value(auto a, auto b, auto) { return a - b; }
  static Var abar(Var, Var, Var, Var ybar, double) { return ybar; }
  static Var bbar(Var, Var, Var, Var ybar, double) { return -ybar; }
};
}  // namespace internal

/// y = a - b.   abar = ybar, bbar = -ybar.
inline Var sub(Var a, Var b) {
  return internal::record<internal::Sub>(a, b);
}
/// The same as sub(a, b).
inline Var operator-(Var a, Var b) {
  return sub(a, b);
}

namespace internal {
struct Mul : TwoNumbers {
  static constexpr std::string_view kName = "mul";
  static constexpr std::string_view kFormula = "y = a b";
  static constexpr bool kLinearInA = true;
  static constexpr bool kLinearInB = true;
  static auto value(auto a, auto b, auto) { return a * b; }
  static Var abar(Var, Var b, Var, Var ybar, double) { return record<Mul>(ybar, b); }
  static Var bbar(Var a, Var, Var, Var ybar, double) { return record<Mul>(ybar, a); }
};
}  // namespace internal

/// y = a b.   abar = ybar b, bbar = ybar a.
inline Var mul(Var a, Var b) {
  return internal::record<internal::Mul>(a, b);
}
/// The same as mul(a, b).
inline Var operator*(Var a, Var b) {
  return mul(a, b);
}
/// y = x · x.
inline Var square(Var x) {
  return x * x;
}

namespace internal {
struct Div : TwoNumbers {
  static constexpr std::string_view kName = "div";
  static constexpr std::string_view kFormula = "y = a / b";
  static constexpr bool kLinearInA = true;
  static constexpr double kLow = 0.5;
  static constexpr double kHigh = 2.0;
  static auto value(auto a, auto b, auto) { return a / b; }
  static Var abar(Var, Var b, Var, Var ybar, double) { return record<Div>(ybar, b); }
  static Var bbar(Var, Var b, Var y, Var ybar, double) { return -record<Div>(ybar * y, b); }
};
}  // namespace internal

/// y = a / b.   abar = ybar / b, bbar = -ybar y / b.
inline Var div(Var a, Var b) {
  return internal::record<internal::Div>(a, b);
}
/// The same as div(a, b).
inline Var operator/(Var a, Var b) {
  return div(a, b);
}

namespace internal {
/// The number c as a scalar beside x.
inline Var number_like(Var x, double c) {
  return filled(x.tape(), {{}, x.dtype()}, c);
}
}  // namespace internal

/// The same as div(a, b), with the number c as a.
inline Var operator/(double c, Var b) {
  return div(internal::number_like(b, c), b);
}

namespace internal {
struct AddConstant : OneNumber {
  static constexpr std::string_view kName = "add_constant";
  static constexpr std::string_view kFormula = "y = x + c";
  static auto value(auto x, auto c) { return x + c; }
  static Var xbar(Var, Var, Var ybar, double) { return ybar; }
  static std::vector<OpCase> cases() {
    return {{"c = 3", {{{3, 5}}}, [](auto in) { return record<AddConstant>(in[0], 3) * in[0]; }}};
  }
};
}  // namespace internal

/// y = x + c.   xbar = ybar.
inline Var add_constant(Var x, double c) {
  return internal::record<internal::AddConstant>(x, c);
}
/// The same as add_constant(x, c).
inline Var operator+(Var x, double c) {
  return add_constant(x, c);
}
/// The same as add_constant(x, c).
inline Var operator+(double c, Var x) {
  return add_constant(x, c);
}
/// The same as add_constant(x, -c).
inline Var operator-(Var x, double c) {
  return add_constant(x, -c);
}
/// The same as add_constant(negate(x), c).
inline Var operator-(double c, Var x) {
  return add_constant(negate(x), c);
}

/// a = a + b, where b is a Var or a number. As for all operators of this kind, a then refers to the
/// new value; the value that it referred to before stays on the tape as it was.
template <typename T>
Var& operator+=(Var& a, T b) {
  return a = a + b;
}
/// a = a - b.
template <typename T>
Var& operator-=(Var& a, T b) {
  return a = a - b;
}
/// a = a b.
template <typename T>
Var& operator*=(Var& a, T b) {
  return a = a * b;
}
/// a = a / b.
template <typename T>
Var& operator/=(Var& a, T b) {
  return a = a / b;
}

namespace internal {
using ArithmeticFunctions = FunctionList<Add, Sub, Mul, Div, Negate, Scale, AddConstant>;
}  // namespace internal

}  // namespace autonet
