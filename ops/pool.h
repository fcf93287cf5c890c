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

/// Where max_pool2d() finds each maximum: row · W + column of the pixel in its image, [N,Ho,Wo,C].
/// No derivative. Errors as for max_pool2d(), and in f32 if an image has more than 2^24 pixels.
Var max_pool2d_indices(Var x, const KernelSize& kernel, const Window& window);

/// The window with larger margins at the end, so that pixels which are left over after the last
/// stride make another, partial window (elsewhere called ceil_mode). `x` is the shape [N,H,W,C].
Window with_partial_windows(const Window& window, const Shape& x, const KernelSize& kernel);

/// max_pool2d() along the axis of x [N,L,C].
Var max_pool1d(Var x, Index kernel, const AxisWindow& window);
/// avg_pool2d() along the axis of x [N,L,C].
Var avg_pool1d(Var x, Index kernel, const AxisWindow& window, bool count_padding = false);

/// The mean of each channel over the image: [N,H,W,C] to [N,C]. Throws Error for other ranks.
Var global_avg_pool(Var x);

}  // namespace autonet
