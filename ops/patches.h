#pragma once

#include <vector>

#include "autograd/var.h"
#include "ops/cpu/pool.h"
#include "ops/op_info.h"
#include "ops/window.h"

namespace autonet {

using cpu::KernelSize;

/// Gathers every patch that a kernel of this size would meet, as a row:
///
///     y[n,i,j,(r·S+s)·C+c] = xe[n, i·stride + r·dilation - lo, …, c]
///
/// x [N,H,W,C], y [N,Ho,Wo,R·S·C]; zeros outside x. Gradient: scatter_patches(ybar). Throws Error
/// if the kernel does not fit or the window has groups.
Var gather_patches(Var x, const KernelSize& kernel, const Window& window = {});

/// The adjoint: adds every patch of y [N,Ho,Wo,R·S·C] back where it came from in an image of shape
/// `image` [N,H,W,C]. Gradient: gather_patches.
Var scatter_patches(Var y, const Shape& image, const KernelSize& kernel, const Window& window = {});

/// The convolution layer by the other road: patches times weights. The same numbers as conv2d(),
/// through none of its rules, and so its cross-check. Shapes and window as there.
Var conv2d_patches(Var x, Var w, const Window& window = {});

std::vector<OpInfo> patch_ops();

}  // namespace autonet
