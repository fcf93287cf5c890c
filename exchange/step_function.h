#pragma once

#include <string_view>

#include "autonet/autograd/var.h"

namespace autonet::exchange {

// Functions of each element that are constant, piece by piece: rounding, and what is made of the
// bits of whole numbers. They have no derivative: it is 0 wherever it exists. They compute in
// double precision. `name` must be a text that lives as long as the program.

/// y = f(x).
Var record_step(std::string_view name, double (*f)(double), Var x);
/// y = f(a, b), with NumPy's broadcasting. Throws Error if the dtypes differ or the shapes do not
/// broadcast.
Var record_step(std::string_view name, double (*f)(double, double), Var a, Var b);

/// The largest whole number that is not above x, the smallest that is not below x, the nearest one
/// (of two equally near ones the even one), and the nearest one on the way to 0.
Var floor(Var x);
Var ceil(Var x);
Var round_even(Var x);
Var truncated(Var x);

}  // namespace autonet::exchange
