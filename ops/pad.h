#pragma once

#include "autonet/autograd/var.h"

namespace autonet {

/// How pad() extends one axis: the elements are placed `spread` apart, then the positions
/// -lo … D + hi - 1 are taken, with zeros where there is no element (D = (n - 1) spread + 1).
/// Margins may be negative, and may cut off more than the whole signal: the result is always that
/// window.
struct AxisPad {
  Index lo = 0;      ///< zeros before the first element; cut off if negative
  Index hi = 0;      ///< zeros behind the last element; cut off if negative
  Index spread = 1;  ///< positions from one element to the next
};

/// A window on the zero-extended x, one AxisPad for each axis. Gradient: the window of ybar with
/// the margins negated, every spread-th element of it. Throws Error if a length would be negative,
/// a margin or spread is out of range or the number of axes differs.
Var pad(Var x, List<AxisPad> axes);

/// Elements start, start + step, … (`length` of them) along one axis, as a view; step >= 1.
/// Gradient: pad(ybar). Throws Error if the slice leaves x.
Var slice(Var x, int axis, Index start, Index length, Index step = 1);

/// Joins arrays along one axis. Gradient: slices of ybar. Throws Error if there is no array, the
/// dtypes differ or the lengths of another axis differ.
Var concat(List<Var> xs, int axis);

}  // namespace autonet
