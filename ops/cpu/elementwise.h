#pragma once

#include "autograd/array.h"
#include "autograd/context.h"

namespace autonet::cpu {

/// A function of one number; `parameter` is the c of scale, the exponent of power, the alpha of
/// elu.
enum class Unary {
  copy,
  negate,
  scale,         // c x
  add_constant,  // x + c
  power,         // x^c
  exp,
  expm1,
  log,
  sqrt,
  erf,
  tanh,
  sigmoid,   // 1 / (1 + e^-x)
  softplus,  // log(1 + e^x), without overflow
  abs,
  sign,  // -1, 0 or 1
  relu,  // max(x, 0)
  elu,   // x if x > 0, else c (e^x - 1)
};

/// A function of two numbers.
enum class Binary {
  add,
  sub,
  mul,
  div,
  gate,  // b if a > 0, else parameter · b: how relu and its kin pass a cotangent
};

/// y = f(x), element by element; x of any strides, y contiguous, one shape and dtype.
void map(Context& context, Unary function, const Array& x, Array& y, double parameter = 0.0);

/// y = f(a, b), element by element; a broadcast input arrives as a view with stride 0.
void map(Context& context, Binary function, const Array& a, const Array& b, Array& y,
         double parameter = 0.0);

}  // namespace autonet::cpu
