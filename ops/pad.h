#pragma once

#include <span>
#include <vector>

#include "autograd/var.h"
#include "ops/op_info.h"

namespace autonet {

/// How pad() extends one axis: the elements are spread `spread` apart, then the positions
/// -lo … D + hi - 1 are shown, zeros where there is no element (D = (n - 1) spread + 1). Margins
/// may be negative, beyond the signal too: the result is always that window.
struct AxisPad {
  Index lo = 0;
  Index hi = 0;
  Index spread = 1;
};

/// A window on the zero-extended x, one AxisPad an axis. Gradient: the window of ybar with the
/// margins negated, every spread-th element of it. Throws Error if a length would be negative, a
/// spread is below 1 or the number of axes differs.
Var pad(Var x, std::span<const AxisPad> axes);
Var pad(Var x, std::initializer_list<AxisPad> axes);

/// Elements start, start + step, … (`length` of them) along one axis, as a view; step >= 1.
/// Gradient: pad(ybar). Throws Error if the slice leaves x.
Var slice(Var x, int axis, Index start, Index length, Index step = 1);

/// Joins arrays along one axis; the other lengths agree. Gradient: slices of ybar.
Var concat(std::span<const Var> xs, int axis);
Var concat(std::initializer_list<Var> xs, int axis);

std::vector<OpInfo> pad_ops();

}  // namespace autonet
