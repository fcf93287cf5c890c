#pragma once

#include "autonet/autograd/var.h"
#include "autonet/ops/window.h"

namespace autonet {

/// Copies every patch that a kernel of this size covers into a row:
///
///     y[n,i,j,(r·S+s)·C+c] = xe[n, i·stride + r·dilation - lo, …, c]
///
/// x [N,H,W,C], y [N,Ho,Wo,R·S·C]; zeros outside x. Gradient: scatter_patches(ybar). Throws Error
/// if the kernel does not fit or the window has groups.
Var gather_patches(Var x, const KernelSize& kernel, const Window& window = {});

/// The adjoint of gather_patches: adds every patch of y [N,Ho,Wo,R·S·C] at its place in images of
/// shape `image` [N,H,W,C]. Gradient: gather_patches. Throws Error if y is not the patches of such
/// images.
Var scatter_patches(Var y, const Shape& image, const KernelSize& kernel, const Window& window = {});

/// The convolution layer computed as patches times weights. It gives the numbers of conv2d()
/// without using any of its rules, and so checks them. Shapes and window as for conv2d().
Var conv2d_patches(Var x, Var w, const Window& window = {});

}  // namespace autonet
