#pragma once

#include <vector>

#include "autograd/var.h"
#include "ops/op_info.h"

namespace autonet {

// Element by element, with NumPy's broadcasting: shapes are aligned at the last axis and lengths of
// 1 are stretched. The gradient of a stretched input is summed over what it was stretched along.
// All throw Error if the dtypes differ or the shapes do not broadcast.

/// y = a + b.   abar = ybar, bbar = ybar.
Var add(Var a, Var b);
/// y = a - b.   abar = ybar, bbar = -ybar.
Var sub(Var a, Var b);
/// y = a b.     abar = ybar b, bbar = ybar a.
Var mul(Var a, Var b);
/// y = a / b.   abar = ybar / b, bbar = -ybar y / b.
Var div(Var a, Var b);

/// y = -x.      xbar = -ybar.
Var negate(Var x);
/// y = c x.     xbar = c ybar.
Var scale(Var x, double c);
/// y = x + c.   xbar = ybar.
Var add_constant(Var x, double c);

inline Var operator+(Var a, Var b) {
  return add(a, b);
}
inline Var operator-(Var a, Var b) {
  return sub(a, b);
}
inline Var operator*(Var a, Var b) {
  return mul(a, b);
}
inline Var operator/(Var a, Var b) {
  return div(a, b);
}
inline Var operator-(Var x) {
  return negate(x);
}
inline Var operator+(Var x, double c) {
  return add_constant(x, c);
}
inline Var operator+(double c, Var x) {
  return add_constant(x, c);
}
inline Var operator-(Var x, double c) {
  return add_constant(x, -c);
}
inline Var operator-(double c, Var x) {
  return add_constant(negate(x), c);
}
inline Var operator*(Var x, double c) {
  return scale(x, c);
}
inline Var operator*(double c, Var x) {
  return scale(x, c);
}
inline Var operator/(Var x, double c) {
  return scale(x, 1.0 / c);
}

std::vector<OpInfo> arithmetic_ops();

}  // namespace autonet
