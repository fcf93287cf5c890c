#pragma once

#include "autonet/autograd/var.h"

namespace autonet {

/// Repeats each pixel: x [N,H,W,C], y [N,H·rows,W·cols,C]. Gradient: the sum of ybar over the
/// copies. Throws Error for another rank, or a factor below 1.
Var upsample_nearest(Var x, Index rows, Index cols);

/// Interpolates between pixels, linearly along each axis: x [N,H,W,C], y [N,H·rows,W·cols,C]. Row i
/// of y lies at (i + 1/2) / rows - 1/2 between the rows of x, so that both images cover the same
/// area; beyond the outer rows the nearest one is taken. A composite: its gradient follows from its
/// parts. Errors as for upsample_nearest().
Var upsample_linear(Var x, Index rows, Index cols);

}  // namespace autonet
