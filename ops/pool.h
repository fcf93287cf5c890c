#pragma once

#include "autonet/autograd/var.h"
#include "autonet/ops/window.h"

namespace autonet {

/// The largest element of each window and channel; of equal ones the first in row-major order.
///
/// x [N,H,W,C], y [N,Ho,Wo,C]. Positions outside x are never the largest; a NaN always is. Windows
/// may overlap. Gradient: each ybar is added at the place of its window's maximum. Throws Error if
/// the kernel does not fit, or a window could lie wholly outside x (a margin as large as the
/// kernel), or the window has groups or input dilation.
Var max_pool2d(Var x, const KernelSize& kernel, const Window& window);

/// The mean of each window and channel. Positions outside x are left out of the mean; with
/// `count_padding` they count as zeros. Shapes and errors as for max_pool2d.
Var avg_pool2d(Var x, const KernelSize& kernel, const Window& window, bool count_padding = false);

/// The mean of each channel over the image: [N,H,W,C] to [N,C]. Throws Error for other ranks.
Var global_avg_pool(Var x);

}  // namespace autonet
