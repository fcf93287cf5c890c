#pragma once

#include "autonet/ops/math.h"

namespace autonet {

// Activations, element by element. How one is written: ops/elementwise.h.

namespace internal {
struct Gate : TwoNumbers {
  static constexpr std::string_view kName = "gate";
  static constexpr std::string_view kFormula = "y = slope u where x <= 0, else u";
  static constexpr bool kLinearInB = true;
  static constexpr bool kChoosesBySign = true;
  static constexpr bool kZeroApart = true;
  template <typename T>
  static T value(T x, T u, T slope) {
    if (slope == T{0}) return real(x) <= 0 ? T{0} : u;  // 0 also where u is infinite or NaN
    return real(x) <= 0 ? slope * u : u;
  }
  static Var bbar(Var x, Var, Var, Var ybar, double slope) { return record<Gate>(x, ybar, slope); }
  static std::vector<OpCase> cases() {
    const InputSpec odd{{3, 5}, -2, 2};
    return {{"slope 0", {odd, odd}, [](auto in) { return record<Gate>(in[0], in[1]); }},
            {"slope 0.2, a bias", {odd, {{5}}}, [](auto in) {
               return record<Gate>(in[0], in[1], 0.2);
             }}};
  }
};
}  // namespace internal

/// y = slope · u where x <= 0, else u; so where x is NaN, y = u. Linear in u, no derivative in x
/// (it is 0 off the kink). ubar = gate(x, ybar, slope). Throws Error if the shapes do not
/// broadcast.
inline Var gate(Var x, Var u, double slope = 0.0) {
  return internal::record<internal::Gate>(x, u, slope);
}

/// y = slope · x if x <= 0, else x.   xbar = gate(x, ybar, slope).
inline Var leaky_relu(Var x, double slope = 0.01) {
  return gate(x, x, slope);
}

namespace internal {
struct LeakyRelu {
  static constexpr std::string_view kName = "leaky_relu";
  static constexpr std::string_view kFormula = "y = slope x if x <= 0, else x";
  static std::vector<OpCase> cases() {
    return {{"slope 0.1", {{{3, 5}, -2, 2}}, [](auto in) { return leaky_relu(in[0], 0.1); }}};
  }
};
}  // namespace internal

namespace internal {
struct Relu : OneNumber {
  static constexpr std::string_view kName = "relu";
  static constexpr std::string_view kFormula = "y = max(x, 0)";
  static constexpr bool kChoosesBySign = true;
  template <typename T>
  static T value(T x, T) {
    return x < T{0} ? T{0} : x;  // a NaN stays a NaN
  }
  static Complex value(Complex z, Complex) { return z.real() > 0 ? z : 0.0; }
  static Var xbar(Var, Var y, Var ybar, double) {
    return gate(y, ybar);  // y <= 0 exactly where x <= 0, and by y the rule needs no x kept
  }
};
}  // namespace internal

/// y = max(x, 0).   xbar = gate(x, ybar): 0 where x <= 0, else ybar.
/// A NaN is passed on, as by y = x: y is NaN and xbar is ybar. A NaN in the activations so makes
/// the loss, and with it all gradients, NaN; a gradient of 0 would hide it.
inline Var relu(Var x) {
  return internal::record<internal::Relu>(x);
}

namespace internal {
struct Elu : OneNumber {
  static constexpr std::string_view kName = "elu";
  static constexpr std::string_view kFormula = "y = x if x > 0, else alpha (e^x - 1)";
  static constexpr bool kChoosesBySign = true;
  static auto value(auto x, auto alpha) { return real(x) > 0 ? x : alpha * expm1(x); }
  static Var xbar(Var x, Var, Var ybar, double alpha) {
    // Not y + alpha, which loses its digits where y is near -alpha; and not e^x alone, which is
    // infinite where the result does not need it.
    const Var above = gate(x, ybar);
    return above + (ybar - above) * (alpha * exp(-relu(-x)));
  }
  static std::vector<OpCase> cases() {
    const InputSpec odd{{3, 5}, -2, 2};
    return {{"alpha 1", {odd}, [](auto in) { return record<Elu>(in[0], 1.0); }},
            {"alpha 0.7", {odd}, [](auto in) { return record<Elu>(in[0], 0.7); }}};
  }
};
}  // namespace internal

/// y = x if x > 0, else alpha (e^x - 1).   xbar = ybar if x > 0, else ybar alpha e^x.
/// Source: Clevert et al., arXiv:1511.07289.
inline Var elu(Var x, double alpha = 1.0) {
  return internal::record<internal::Elu>(x, alpha);
}

/// y = x Phi(x), Phi the normal distribution function: exact, by erfc, with all digits also where
/// Phi is small. Source: Hendrycks, Gimpel, arXiv:1606.08415.
inline Var gelu(Var x) {
  return x * (0.5 * erfc(x / -std::numbers::sqrt2));
}

namespace internal {
struct Gelu {
  static constexpr std::string_view kName = "gelu";
  static constexpr std::string_view kFormula = "y = x Phi(x)";
  static std::vector<OpCase> cases() {
    return {{"odd shape", {{{3, 5}, -2, 2}}, [](auto in) { return gelu(in[0]); }}};
  }
};
}  // namespace internal

namespace internal {
struct Sigmoid : OneNumber {
  static constexpr std::string_view kName = "sigmoid";
  static constexpr std::string_view kFormula = "y = 1 / (1 + e^-x)";
  template <typename T>
  static T value(T x, T) {
    const T decayed = exp(-magnitude(x));  // never overflows, and neither half loses digits
    return (real(x) >= 0 ? T{1} : decayed) / (T{1} + decayed);
  }
  static Var xbar(Var x, Var, Var ybar, double) {
    const Var s = sech(0.5 * x);
    return 0.25 * (ybar * (s * s));  // y (1 - y) would lose its digits where y is near 1
  }
};
}  // namespace internal

/// y = 1 / (1 + e^-x).   xbar = ybar y (1 - y), computed as ybar sech(x/2)^2 / 4.
inline Var sigmoid(Var x) {
  return internal::record<internal::Sigmoid>(x);
}

namespace internal {
struct Softplus : OneNumber {
  static constexpr std::string_view kName = "softplus";
  static constexpr std::string_view kFormula = "y = ln(1 + e^x)";
  template <typename T>
  static T value(T x, T) {
    return (real(x) < 0 ? T{0} : x) + log1p(exp(-magnitude(x)));
  }
  static Var xbar(Var x, Var, Var ybar, double) { return ybar * sigmoid(x); }
};
}  // namespace internal

/// y = ln(1 + e^x), without overflow.   xbar = ybar sigmoid(x).
inline Var softplus(Var x) {
  return internal::record<internal::Softplus>(x);
}

namespace internal {
using ActivationFunctions = FunctionList<Relu, Gate, Elu, Sigmoid, Softplus>;
/// Made of other ops: rows of the op table alone.
using CompositeActivations = FunctionList<LeakyRelu, Gelu>;
}  // namespace internal

}  // namespace autonet
