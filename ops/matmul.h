#pragma once

#include "autonet/autograd/var.h"

namespace autonet {

/// Matrix product over the last two axes: y[...,m,n] = sum_k a[...,m,k] b[...,k,n].
///
/// a [...,M,K], b [...,K,N]; leading (batch) axes broadcast as in NumPy. Gradients:
/// abar = ybar b^T, bbar = a^T ybar, summed over what was broadcast. Throws Error if the inner
/// lengths or the dtypes differ, or an input has fewer than two axes.
Var matmul(Var a, Var b);

}  // namespace autonet
