#pragma once

#include <vector>

#include "autonet/autograd/var.h"

namespace autonet {

/// Joins arrays of one shape along a new axis, which becomes axis `axis` of y. Gradient: slices of
/// ybar. Throws Error if there is no array or the shapes or dtypes differ.
Var stack(List<Var> xs, int axis = 0);

/// Cuts x along one axis into consecutive parts of these lengths. Throws Error unless the lengths
/// add up to that of the axis.
std::vector<Var> split(Var x, List<Index> lengths, int axis);

/// x without these axes, which must have length 1; without all axes of length 1 if none is given.
/// Throws Error if an axis has another length or does not exist.
Var squeeze(Var x, List<int> axes = {});

/// x with a new axis of length 1, which becomes axis `axis` of y. Throws Error if x has no such
/// place.
Var unsqueeze(Var x, int axis);

/// x repeated: repeats[axis] times along each axis (NumPy's tile). Gradient: the sum of ybar over
/// the copies. Throws Error unless there is a count of at least 1 for each axis.
Var tile(Var x, List<Index> repeats);

/// The same numbers in another number type, rounded to it. Gradient: ybar in x's type.
Var cast(Var x, DType dtype);

}  // namespace autonet
