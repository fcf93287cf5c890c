#pragma once

#include "autonet/autograd/var.h"
#include "autonet/ops/window.h"

namespace autonet {

/// How a convolution is computed. Its gradients, of every order, are computed in the same way.
struct Conv2DOptions {
  /// Computes the plain sum of products. Otherwise an algorithm may be used that does fewer
  /// multiplications at a slightly larger rounding error (Winograd's, in f32).
  bool exact = false;
};

/// The convolution layer: slides w over x *without* flipping it (a cross-correlation, which deep
/// learning calls convolution).
///
///     y[n,i,j,k] = sum_{r,s,c} x[n, i·stride + r·dilation - lo, j·…, c] · w[r,s,c,k]
///
/// Shapes: x [N,H,W,G·C], w [R,S,C,G·K] with G = window.groups, y [N,Ho,Wo,G·K]; per axis
/// Ho = floor((D(H,e) + lo + hi - D(R,d)) / stride) + 1 with D(n,e) = (n - 1) e + 1. Positions
/// outside x are zero; margins may be uneven, larger than the kernel, or negative (see Window).
///
/// In terms of convolve():  y = convolve(x, flip(w), p). Gradients, for margins p, stride 1:
/// xbar = convolve(ybar, w, k - p - 1), wbar = convolve(x, flip(ybar), p); conv2d.cc has the rule
/// for every window. Throws Error if the channels, groups or sizes do not fit. Source: V. Dumoulin,
/// F. Visin, arXiv:1603.07285, section 4.
Var conv2d(Var x, Var w, const Window& window = {}, Conv2DOptions options = {});

/// Mathematical convolution: b is *flipped*, slid over a, and the terms that involve all of b are
/// kept. convolve(a, b) = conv2d(a, flip(b)); same shapes, same window, closed under its gradients.
Var convolve(Var a, Var b, const Window& window = {}, Conv2DOptions options = {});

/// The transposed convolution: the adjoint of conv2d() in x, as a layer that enlarges images.
///
/// Shapes: x [N,H,W,G·C], w [R,S,K,G·C] with G = window.groups, y [N,Ho,Wo,G·K]; per axis
/// Ho = (H - 1) stride + D(R,dilation) - lo - hi + more. `more` chooses among the images of which
/// conv2d() makes one of x's size: from 0 to stride - 1 rows and columns. Gradients: those of
/// conv2d(), of every order. Throws Error if the shapes do not fit, the window has input dilation,
/// or y would be empty.
Var conv2d_transpose(Var x, Var w, const Window& window = {}, const KernelSize& more = {0, 0},
                     Conv2DOptions options = {});

/// The convolution layer along one axis: x [N,L,G·C], w [S,C,G·K], y [N,Lo,G·K]; otherwise as
/// conv2d().
Var conv1d(Var x, Var w, const AxisWindow& window = {}, Index groups = 1,
           Conv2DOptions options = {});

}  // namespace autonet
