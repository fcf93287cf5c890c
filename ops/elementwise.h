#pragma once

#include <cmath>
#include <complex>
#include <optional>
#include <string_view>
#include <vector>

#include "autonet/autograd/op.h"
#include "autonet/autograd/var.h"
#include "autonet/ops/op_info.h"

namespace autonet::internal {

// How an elementwise function is written. Each is one struct, in arithmetic.h, math.h,
// compare.h or activation.h, and stands in the FunctionList at the end of that header. The struct
// has:
//
//   kName, kFormula       the op's name, and its formula for the reference pages
//   value(x, c)           f(x): a template over float, double and Complex; c is the op's constant
//   xbar(x, y, ybar, c)   the rule, in recorded ops; without it the function has no derivative
//
// A function of two numbers has value(a, b, c), abar(a, b, y, ybar, c) and bbar(a, b, y, ybar, c).
// abar and bbar have y's shape; the sum over broadcast axes follows. What differs from the defaults
// in OneNumber or TwoNumbers is defined anew.
//
// value() on floats and doubles is the routine (cpu/elementwise.cc compiles it for each instruction
// set); on Complex it is the complex step, which check-grad compares with the rule. The two share
// the text of value() but not the rule: a wrong rule is found by the complex step, a wrong value()
// by the tests of values. Where the text cannot serve complex numbers, value() has an overload.

using Complex = std::complex<double>;

// value() calls these functions without std::, so that Complex can have its own.
using std::atan2, std::cos, std::erf, std::erfc, std::exp, std::expm1, std::log, std::log1p,
    std::pow, std::real, std::sin, std::sqrt, std::tan, std::tanh;

// For the complex step: the imaginary part is accurate where that of z is tiny.
Complex atan2(Complex a, Complex b);
Complex erf(Complex z);
Complex pow(Complex z, Complex c);  // for real c
inline Complex erfc(Complex z) {
  return 1.0 - erf(z);
}
inline Complex expm1(Complex z) {
  return std::exp(z) - 1.0;
}
inline Complex log1p(Complex z) {
  return std::log(1.0 + z);
}

/// |x|. Of a complex number: z or -z, the one whose real part is not negative.
template <typename T>
T magnitude(T x) {
  return std::abs(x);
}
inline Complex magnitude(Complex z) {
  return z.real() < 0 ? -z : z;
}

/// Defaults of a function of one number.
struct OneNumber {
  static constexpr int kInputs = 1;
  static constexpr bool kLinear = false;         ///< True if f is linear.
  static constexpr bool kChoosesBySign = false;  ///< True if x's sign chooses a piece of f.
  /// Range of x in the test case. A struct may define cases() instead.
  static constexpr double kLow = -2.0;
  static constexpr double kHigh = 2.0;
};

/// Defaults of a function of two numbers.
struct TwoNumbers {
  static constexpr int kInputs = 2;
  static constexpr bool kLinearInA = false;
  static constexpr bool kLinearInB = false;
  static constexpr bool kChoosesBySign = false;   ///< True if a's sign chooses a piece of f.
  static constexpr bool kChoosesByOrder = false;  ///< True if a > b or a < b chooses a piece of f.
  static constexpr bool kZeroApart = false;       ///< True for a routine of its own where c is 0.
  /// Kind of the numbers in the test cases, and range of b.
  static constexpr InputSpec::Kind kKind = InputSpec::Kind::real;
  static constexpr double kLow = -1.0;
  static constexpr double kHigh = 1.0;
};

template <typename... F>
struct FunctionList {};

/// A function in the form that the op is made of; see functions.h.
struct FunctionRow;

/// Throws Error if no list has a function of that name.
const FunctionRow& find_function(std::string_view name);

template <typename F>
const FunctionRow& row_of() {
  static const FunctionRow& row = find_function(F::kName);
  return row;
}

Var record_function(const FunctionRow& row, std::initializer_list<Var> inputs, double c);

/// Records y = f(x) with the constant c.
template <typename F>
Var record(Var x, double c = 0.0) {
  return record_function(row_of<F>(), {x}, c);
}

/// Records y = f(a, b) with the constant c. Throws Error if the dtypes differ or the shapes do not
/// broadcast.
template <typename F>
Var record(Var a, Var b, double c = 0.0) {
  return record_function(row_of<F>(), {a, b}, c);
}

/// The constant of `op` if it is the function of `row`.
std::optional<double> constant_of(const FunctionRow& row, const Op& op);

/// The constant of `op` if it is the function F.
template <typename F>
std::optional<double> as_function(const Op& op) {
  return constant_of(row_of<F>(), op);
}

/// The test cases of F that its struct does not state: one odd shape, or several broadcasts.
template <typename F>
std::vector<OpCase> cases_of() {
  if constexpr (requires { F::cases(); }) {
    return F::cases();
  } else if constexpr (F::kInputs == 1) {
    return {{.label = "odd shape", .inputs = {{{3, 5}, F::kLow, F::kHigh}}, .record = [](auto in) {
               return record<F>(in[0]);
             }}};
  } else {
    const auto both = [](std::span<const Var> in) { return record<F>(in[0], in[1]); };
    const auto a = [](const Shape& shape) { return InputSpec{shape, -1, 1, F::kKind}; };
    const auto b = [](const Shape& shape) { return InputSpec{shape, F::kLow, F::kHigh, F::kKind}; };
    const Shape odd{2, 3, 5};
    return {
        {"equal shapes", {a(odd), b(odd)}, both},
        {"a bias", {a(odd), b({5})}, both},
        {"both stretched", {a({2, 1, 5}), b({3, 1})}, both},
        {"a scalar", {a(odd), b({})}, both},
        {"a with itself", {b({3, 2})}, [](auto in) { return record<F>(in[0], in[0]); }},
    };
  }
}

/// Rows of the op table for the functions of a list.
template <typename... F>
std::vector<OpInfo> table_of(FunctionList<F...>) {
  return {{.name = F::kName, .formula = F::kFormula, .cases = cases_of<F>()}...};
}

}  // namespace autonet::internal
