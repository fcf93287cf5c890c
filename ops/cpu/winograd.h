#pragma once

#include "autonet/autograd/context.h"
#include "ops/cpu/epilogue.h"
#include "ops/cpu/problem.h"

namespace autonet::cpu {

/// True if winograd_correlate() can compute this and promises to be faster than correlate()'s other
/// routines (winograd_pays()): a 3x3 kernel, stride 1, no dilation, one group and contiguous x. For
/// f32 alone, which is not asked here.
bool winograd_fits(const Sizes& q);

/// The sums of correlate(), then the epilogue, by F(4x4, 3x3): a tile of 4x4 outputs depends on 6x6
/// pixels and costs 36 products a channel and an output instead of 144,
///
///     a tile of y[n,:,:,k] = A' ( sum over c of (G w[:,:,c,k] G') * (B' xe[n,its pixels,c] B) ) A,
///
/// where * multiplies number by number, ' transposes, and xe is x extended by zeros. The sums over
/// c are 36 matrix products. Source: A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural
/// Networks", CVPR 2016, arXiv:1509.09308; the points are others (winograd_transforms.h).
///
/// x [N,H,W,C] contiguous, w [3,3,C,K] of any strides, y [N,Ho,Wo,K] contiguous and not empty;
/// stride 1, no dilation, one group, any margins. The same bits for any number of threads.
///
/// Rounding: on N(0,1) data max|error| / max|y| was 1.5e-6 at 64 channels and 3.1e-6 at 256, where
/// the direct sum's was 0.7e-6 and 2.0e-6; a test bounds it by 1e-5. An infinity or a NaN in x
/// spreads to every output of the tiles that depend on it. (F(2x2, 3x3) rounds like the direct sum,
/// but with its 64 products a tile of 4x4 it was only 1.2 to 1.9 times as fast as that, against 1.7
/// to 2.4.)
void winograd_correlate(Context& context, const Problem<float>& q, const Epilogue<float>& epilogue);

}  // namespace autonet::cpu
