#pragma once

#include "autonet/autograd/var.h"

namespace autonet {

// Indices are whole numbers in an array of the same dtype as the numbers that they choose from; in
// f32 they are exact up to 2^24. They have no derivative.

/// Chooses along one axis: for axis 1 of two, y[i,j] = x[i, indices[i,j]] (NumPy's
/// take_along_axis). x and the indices have the same lengths but for that axis; y has the shape of
/// the indices. Gradient: scatter_add(ybar). Throws Error if the shapes or dtypes disagree;
/// computing it throws Error where an index is not a whole number in [0, length of x's axis).
Var gather(Var x, Var indices, int axis);

/// The adjoint of gather(): for axis 1 of two, y[i, indices[i,j]] += u[i,j] in an array of zeros
/// whose axis has `length`. u and the indices have one shape. Gradient: gather(ybar). The terms are
/// added in row-major order. Errors as for gather().
Var scatter_add(Var u, Var indices, int axis, Index length);

/// The rows of `table` [V,D] with these numbers: y[...,d] = table[indices[...], d]. Gradient: ybar
/// added to the rows that were chosen. Throws Error if the table has not two axes; else as
/// gather().
Var embedding(Var table, Var indices);

/// The indices that sort x along an axis, smallest first or, if `descending`, largest first. Equal
/// numbers keep their order; a NaN counts as the largest number. No derivative. Throws Error in f32
/// if the axis is longer than 2^24.
Var argsort(Var x, int axis = -1, bool descending = false);

/// x sorted along an axis, as by argsort(). Gradient: each ybar at the place of its number in x.
Var sort(Var x, int axis = -1, bool descending = false);

/// The result of topk().
struct TopK {
  Var values;   ///< Largest first.
  Var indices;  ///< Their places along the axis. No derivative.
};

/// The k largest numbers along an axis. Throws Error unless 0 <= k <= the axis' length.
TopK topk(Var x, Index k, int axis = -1);

/// y[i] = x[0] + … + x[i] along one axis, or with `reverse` x[i] + … + x[n-1]. Summed in double
/// precision. Gradient: the cumulative sum of ybar in the other direction.
Var cumulative_sum(Var x, int axis, bool reverse = false);

}  // namespace autonet
