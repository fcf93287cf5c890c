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

}  // namespace autonet
