#pragma once

#include "autonet/autograd/var.h"

namespace autonet {

/// Sum over `axes` (all axes if empty), which keep length 1 if `keep` and are removed otherwise.
/// Gradient: xbar = ybar broadcast back to x. Throws Error on an axis outside or named twice.
Var sum(Var x, List<int> axes = {}, bool keep = false);

/// Mean over `axes` (all if empty), like sum() divided by the number of elements.
Var mean(Var x, List<int> axes = {}, bool keep = false);

/// Largest element over `axes` (all axes if empty). Gradient: ybar at the first maximum in
/// row-major order, 0 elsewhere.
Var max(Var x, List<int> axes = {}, bool keep = false);

/// The adjoint of NumPy's broadcast: sums y over the axes along which `shape` was stretched to it.
Var sum_to(Var y, const Shape& shape);

}  // namespace autonet
