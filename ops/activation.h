#pragma once

#include <vector>

#include "autograd/var.h"
#include "ops/op_info.h"

namespace autonet {

/// y = max(x, 0).   xbar = gate(x, ybar): ybar where x > 0, else 0 (also at x = 0).
Var relu(Var x);

/// y = u where x > 0, else slope · u. Linear in u, no derivative in x (it is 0 off the kink).
/// ubar = gate(x, ybar, slope). Throws Error if the shapes do not broadcast.
Var gate(Var x, Var u, double slope = 0.0);

/// y = x if x > 0, else slope · x.   xbar = gate(x, ybar, slope).
Var leaky_relu(Var x, double slope = 0.01);

/// y = x if x > 0, else alpha (e^x - 1).   xbar = ybar if x > 0, else ybar (y + alpha).
/// Source: Clevert et al., arXiv:1511.07289.
Var elu(Var x, double alpha = 1.0);

/// y = x Phi(x), Phi the normal distribution function (exact, by erf).
/// Source: Hendrycks, Gimpel, arXiv:1606.08415.
Var gelu(Var x);

/// y = 1 / (1 + e^-x).   xbar = ybar y (1 - y).
Var sigmoid(Var x);

/// y = tanh(x).   xbar = ybar (1 - y^2).
Var tanh(Var x);

/// y = ln(1 + e^x), without overflow.   xbar = ybar sigmoid(x).
Var softplus(Var x);

std::vector<OpInfo> activation_ops();

}  // namespace autonet
