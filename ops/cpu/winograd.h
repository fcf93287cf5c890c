#pragma once

#include "autograd/array.h"
#include "autograd/context.h"
#include "ops/cpu/epilogue.h"
#include "ops/window.h"

namespace autonet::cpu {

/// Can winograd_correlate() compute this, and is it faster than correlate()? True for f32, a 3x3
/// kernel, stride 1, no dilation, one group and contiguous x, where a count of operations fitted to
/// measurements promises at least a tenth. With T tiles of 4x4 outputs and M outputs in all,
///
///     9 M C K > 1.1 · 36 (T (C K + 24 (C + K)) + C K · clamp(C K / 1024, 8, 64)),   C, K >= 16:
///
/// the transforms of small C or K, tiles that stick out of a small image, and weights transformed
/// for few images eat up the gain. Follows from types, shapes and strides alone.
bool winograd_fits(const Array& x, const Array& w, const Window& window, const Array& y);

/// The sums of correlate(), then the epilogue, by F(4x4, 3x3): a tile of 4x4 outputs depends on 6x6
/// pixels and costs 36 products a channel and an output instead of 144,
///
///     a tile of y[n,:,:,k] = A' ( sum over c of (G w[:,:,c,k] G') * (B' xe[n,its pixels,c] B) ) A,
///
/// where * multiplies number by number, ' transposes, and xe is x extended by zeros. The sums over
/// c are 36 matrix products. Source: A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural
/// Networks", CVPR 2016, arXiv:1509.09308; the points are others (winograd_matrices.h).
///
/// x [N,H,W,C] contiguous, w [3,3,C,K] of any strides, y [N,Ho,Wo,K] contiguous, all f32; stride 1,
/// no dilation, one group, any margins. The same bits for any number of threads.
///
/// Rounding: on N(0,1) data max|error| / max|y| was 1.5e-6 at 64 channels and 3.1e-6 at 256, where
/// the direct sum's was 0.7e-6 and 2.0e-6; a test bounds it by 1e-5. An infinity or a NaN in x
/// spreads to every output of the tiles that see it. (F(2x2, 3x3) rounds like the direct sum, but
/// its 64 products a tile of 4x4 made it 1.2 to 1.9 times as fast as that, against 1.7 to 2.4.)
void winograd_correlate(Context& context, const Array& x, const Array& w, const Window& window,
                        Array& y, const Epilogue<float>& epilogue);

}  // namespace autonet::cpu
