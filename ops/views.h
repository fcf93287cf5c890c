#pragma once

#include "autonet/autograd/var.h"

namespace autonet {

/// Reverses the order along each of `axes` (negative ones count from the end).
/// Gradient: xbar = flip(ybar, axes). Flipping twice gives back x itself, without a call on the
/// tape. Throws Error if an axis does not exist or is named twice.
Var flip(Var x, List<int> axes);

/// Axis i of y is axis axes[i] of x (NumPy's transpose). Gradient: the inverse permutation.
/// Throws Error if `axes` is not a permutation of x's axes.
Var permute(Var x, List<int> axes);

/// Exchanges two axes (negative ones count from the end). Gradient: the same exchange.
Var swap_axes(Var x, int a, int b);

/// The same elements in row-major order under another shape. Gradient: reshape back.
/// Throws Error if the number of elements differs.
Var reshape(Var x, const Shape& shape);

/// Keeps the axes before `first_axis` and joins the others to one: [N,H,W,C] to [N,H*W*C]. Throws
/// Error if there is no such axis.
Var flatten(Var x, int first_axis = 1);

/// NumPy's broadcast of x to a wider shape, without copying. Gradient: sum_to(ybar, x.shape()).
/// Throws Error if x does not broadcast to `shape`.
Var broadcast_to(Var x, const Shape& shape);

}  // namespace autonet
