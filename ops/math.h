#pragma once

#include <vector>

#include "autograd/var.h"
#include "ops/op_info.h"

namespace autonet {

// Functions of one number, element by element.

/// y = e^x.            xbar = ybar y.
Var exp(Var x);
/// y = ln x.           xbar = ybar / x.
Var log(Var x);
/// y = sqrt(x).        xbar = ybar / (2 y).
Var sqrt(Var x);
/// y = x^c, c fixed.   xbar = c ybar x^(c-1).
Var pow(Var x, double c);
/// y = |x|.            xbar = ybar sign(x), 0 at 0.
Var abs(Var x);
/// y = -1, 0 or 1.     No derivative: it is 0 wherever there is one.
Var sign(Var x);
/// The error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x.
/// xbar = ybar 2/sqrt(pi) e^(-x^2).
Var erf(Var x);

std::vector<OpInfo> math_ops();

}  // namespace autonet
