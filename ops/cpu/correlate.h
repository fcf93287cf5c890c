#pragma once

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/ops/window.h"
#include "ops/cpu/epilogue.h"
#include "ops/cpu/routine.h"

namespace autonet::cpu {

/// Slides w over x without flipping it and sums the products:
///
///     y[n,i,j,gK+k] = sum over r,s,c of xe[n, i·stride + r·kernel_dilation - lo, j·…, gC+c]
///                                       · w[r,s,c,gK+k]
///
/// where xe is x spread by the input dilation and extended by zeros. x [N,H,W,G·C], w [R,S,C,G·K]
/// of any strides (a flip or swap arrives as a view and costs nothing), y [N,Ho,Wo,G·K] contiguous,
/// all of one dtype; the shapes must fit (conv2d checks them). routine_for() chooses the loops.
/// Each y is summed in an order that depends on the shapes and the instruction set alone, never on
/// the number of threads. `following` is done in the same pass. `exact` excludes Winograd's
/// algorithm.
void correlate(Context& context, const Array& x, const Array& w, const Window& window, Array& y,
               const Following& following = {}, bool exact = false);

/// The same as plain loops in double precision: what correlate() is tested against.
void correlate_reference(const Array& x, const Array& w, const Window& window, Array& y);

/// y = a b over the last two axes: a [...,M,K], b [...,K,N] of any strides, y [...,M,N] contiguous;
/// the leading axes agree (a broadcast one has stride 0). `following` (without each_image) is done
/// in the same pass.
void matmul(Context& context, const Array& a, const Array& b, Array& y,
            const Following& following = {});

}  // namespace autonet::cpu
