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

/// The index along `axis` of the largest element, the first of equal ones, as a number of x's
/// dtype; a NaN is the largest. No derivative. Throws Error in f32 if the axis is longer than 2^24.
Var argmax(Var x, int axis = -1, bool keep = false);

/// The mean of (x - mean)^2 over `axes` (all if empty), with its sum divided by the number of
/// elements less `correction`: 1 gives an unbiased estimate. Throws Error unless that is positive.
Var variance(Var x, List<int> axes = {}, bool keep = false, Index correction = 0);

/// The square root of the sum of x^2 over `axes` (all if empty). Gradient: ybar x / y, and 0 where
/// y is 0, where there is no derivative.
Var norm(Var x, List<int> axes = {}, bool keep = false);

/// The adjoint of NumPy's broadcast: sums y over the axes along which `shape` was stretched to it.
Var sum_to(Var y, const Shape& shape);

}  // namespace autonet
