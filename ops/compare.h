#pragma once

#include "autonet/ops/arithmetic.h"

namespace autonet {

// Comparisons, choices and limits, element by element with NumPy's broadcasting. Functions of two
// arrays throw Error if the dtypes differ or the shapes do not broadcast. How one is written:
// ops/elementwise.h.

namespace internal {
/// What functions of the order of a and b have in common.
struct Ordered : TwoNumbers {
  static constexpr bool kChoosesByOrder = true;
  // The cases have no ties, where there is no derivative.
  static constexpr InputSpec::Kind kKind = InputSpec::Kind::distinct;
  static constexpr double kLow = -0.97;
  static constexpr double kHigh = 1.03;
};

/// What comparisons have in common: they have no derivative, so that ties are among their cases.
struct Comparison : Ordered {
  static constexpr InputSpec::Kind kKind = InputSpec::Kind::integer;
};

struct Greater : Comparison {
  static constexpr std::string_view kName = "greater";
  static constexpr std::string_view kFormula = "y = 1 where a > b, else 0";
  static auto value(auto a, auto b, auto) { return decltype(a)(real(a) > real(b)); }
};

struct GreaterEqual : Comparison {
  static constexpr std::string_view kName = "greater_equal";
  static constexpr std::string_view kFormula = "y = 1 where a >= b, else 0";
  static auto value(auto a, auto b, auto) { return decltype(a)(real(a) >= real(b)); }
};

struct Less : Comparison {
  static constexpr std::string_view kName = "less";
  static constexpr std::string_view kFormula = "y = 1 where a < b, else 0";
  static auto value(auto a, auto b, auto) { return decltype(a)(real(a) < real(b)); }
};

struct LessEqual : Comparison {
  static constexpr std::string_view kName = "less_equal";
  static constexpr std::string_view kFormula = "y = 1 where a <= b, else 0";
  static auto value(auto a, auto b, auto) { return decltype(a)(real(a) <= real(b)); }
};

struct Equal : Comparison {
  static constexpr std::string_view kName = "equal";
  static constexpr std::string_view kFormula = "y = 1 where a = b, else 0";
  static auto value(auto a, auto b, auto) { return decltype(a)(real(a) == real(b)); }
};
}  // namespace internal

/// y = 1 where a > b, else 0; 0 where one is NaN, as for all comparisons but not_equal(). No
/// derivative.
inline Var greater(Var a, Var b) {
  return internal::record<internal::Greater>(a, b);
}
/// y = 1 where a >= b, else 0. No derivative.
inline Var greater_equal(Var a, Var b) {
  return internal::record<internal::GreaterEqual>(a, b);
}
/// y = 1 where a < b, else 0. No derivative.
inline Var less(Var a, Var b) {
  return internal::record<internal::Less>(a, b);
}
/// y = 1 where a <= b, else 0. No derivative.
inline Var less_equal(Var a, Var b) {
  return internal::record<internal::LessEqual>(a, b);
}
/// y = 1 where a = b, else 0. No derivative.
inline Var equal(Var a, Var b) {
  return internal::record<internal::Equal>(a, b);
}
/// y = 1 where a and b differ, else 0; 1 where one is NaN. No derivative.
inline Var not_equal(Var a, Var b) {
  return 1.0 - equal(a, b);
}

/// The same with a number: greater(x, 0.0).
inline Var greater(Var a, double b) {
  return greater(a, internal::number_like(a, b));
}
/// @copydoc greater(Var, double)
inline Var greater_equal(Var a, double b) {
  return greater_equal(a, internal::number_like(a, b));
}
/// @copydoc greater(Var, double)
inline Var less(Var a, double b) {
  return less(a, internal::number_like(a, b));
}
/// @copydoc greater(Var, double)
inline Var less_equal(Var a, double b) {
  return less_equal(a, internal::number_like(a, b));
}
/// @copydoc greater(Var, double)
inline Var equal(Var a, double b) {
  return equal(a, internal::number_like(a, b));
}
/// @copydoc greater(Var, double)
inline Var not_equal(Var a, double b) {
  return not_equal(a, internal::number_like(a, b));
}

namespace internal {
/// With the constant 1, u where the mask is not 0; with 0, u where the mask is 0.
struct Masked : TwoNumbers {
  static constexpr std::string_view kName = "masked";
  static constexpr std::string_view kFormula = "y = u where (mask = 0) = (c = 0), else 0";
  static constexpr bool kLinearInB = true;
  static constexpr bool kChoosesBySign = true;
  static constexpr bool kZeroApart = true;
  template <typename T>
  static T value(T mask, T u, T c) {
    if (c == T{0}) return real(mask) == 0 ? u : T{0};  // 0 also where u is infinite or NaN
    return real(mask) == 0 ? T{0} : u;
  }
  static Var bbar(Var mask, Var, Var, Var ybar, double c) { return record<Masked>(mask, ybar, c); }
  static std::vector<OpCase> cases() {
    const std::vector<InputSpec> inputs{{{3, 5}, 0, 1, InputSpec::Kind::integer}, {{5}}};
    return {{"c = 1", inputs, [](auto in) { return record<Masked>(in[0], in[1], 1.0); }},
            {"c = 0", inputs, [](auto in) { return record<Masked>(in[0], in[1], 0.0); }}};
  }
};
}  // namespace internal

/// y = a where the condition is not 0, else b. No derivative in the condition; abar is ybar where
/// the condition is not 0, else 0, and bbar the rest. A number that is not chosen has no influence,
/// even if it is infinite or NaN. A zero that is chosen has no sign.
Var where(Var condition, Var a, Var b);

namespace internal {
struct Maximum : Ordered {
  static constexpr std::string_view kName = "maximum";
  static constexpr std::string_view kFormula = "y = the larger of a and b";
  static auto value(auto a, auto b, auto) {
    return real(b) > real(a) ? b : real(b) == real(b) ? a : b;  // a NaN stays a NaN
  }
  static Var abar(Var a, Var b, Var, Var ybar, double) {
    return record<Masked>(greater(b, a), ybar, 0.0);
  }
  static Var bbar(Var a, Var b, Var, Var ybar, double) {
    return record<Masked>(greater(b, a), ybar, 1.0);
  }
};

struct Minimum : Ordered {
  static constexpr std::string_view kName = "minimum";
  static constexpr std::string_view kFormula = "y = the smaller of a and b";
  static auto value(auto a, auto b, auto) {
    return real(b) < real(a) ? b : real(b) == real(b) ? a : b;  // a NaN stays a NaN
  }
  static Var abar(Var a, Var b, Var, Var ybar, double) {
    return record<Masked>(less(b, a), ybar, 0.0);
  }
  static Var bbar(Var a, Var b, Var, Var ybar, double) {
    return record<Masked>(less(b, a), ybar, 1.0);
  }
};
}  // namespace internal

/// y = the larger of a and b; NaN if one of them is. abar is ybar where a >= b, else 0, and bbar
/// the rest: at a tie, where every division of ybar is a subgradient, all of it goes to a.
inline Var maximum(Var a, Var b) {
  return internal::record<internal::Maximum>(a, b);
}
/// The same with a number.
inline Var maximum(Var a, double b) {
  return maximum(a, internal::number_like(a, b));
}
/// y = the smaller of a and b; NaN if one of them is. abar is ybar where a <= b, else 0, and bbar
/// the rest: at a tie all of ybar goes to a.
inline Var minimum(Var a, Var b) {
  return internal::record<internal::Minimum>(a, b);
}
/// The same with a number.
inline Var minimum(Var a, double b) {
  return minimum(a, internal::number_like(a, b));
}

/// y = low where x < low, high where x > high, else x. xbar is ybar where low <= x <= high, else 0.
/// Throws Error unless low <= high.
Var clip(Var x, double low, double high);

namespace internal {
using ComparisonFunctions =
    FunctionList<Greater, GreaterEqual, Less, LessEqual, Equal, Masked, Maximum, Minimum>;
}  // namespace internal

}  // namespace autonet
