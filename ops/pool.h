#pragma once

#include <vector>

#include "autograd/var.h"
#include "ops/cpu/pool.h"
#include "ops/op_info.h"
#include "ops/window.h"

namespace autonet {

using cpu::KernelSize;

/// The largest element of each window and channel; ties go to the first in row-major order.
///
/// x [N,H,W,C], y [N,Ho,Wo,C]. Positions outside x are never the largest; a NaN always is. Windows
/// may overlap. Gradient: each ybar goes to the place of its window's maximum. Throws Error if the
/// kernel does not fit, or a window could lie wholly outside x (a margin that reaches the kernel's
/// length).
Var max_pool2d(Var x, const KernelSize& kernel, const Window& window);

/// The mean of each window and channel. Positions outside x count neither as numbers nor in their
/// number, unless `count_padding`, which counts them as zeros. Shapes and errors as max_pool2d.
Var avg_pool2d(Var x, const KernelSize& kernel, const Window& window, bool count_padding = false);

/// The mean of each channel over the image: [N,H,W,C] to [N,C].
Var global_avg_pool(Var x);

std::vector<OpInfo> pool_ops();

}  // namespace autonet
