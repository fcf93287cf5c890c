#pragma once

#include "autonet/autograd/context.h"
#include "ops/cpu/problem.h"

namespace autonet::cpu {

/// True if winograd_weights() can compute this weight gradient and promises to be faster than
/// sum_outer_products() (winograd_pays()): a 3x3 kernel, stride 1, no dilation, one group and
/// neighbouring channels. For f32 alone, which is not asked here.
bool winograd_weights_fit(const Sizes& q);

/// The weight gradient of a 3x3 convolution as the transpose of winograd_correlate(): a tile of 4x4
/// cotangents meets 6x6 pixels and costs 36 products a channel and an output instead of 144,
///
///     wbar[:,:,c,k] = G' ( sum over tiles of (B' xe[its pixels,c] B) * (A ybar[tile,k] A') ) G,
///
/// where * multiplies number by number, ' transposes, and xe is x extended by zeros. The sums over
/// tiles are 36 matrix products, [C, tiles] by [tiles, K]. Source: A. Lavin, S. Gray, CVPR 2016,
/// arXiv:1509.09308, where the three transforms are; each is linear, and so has a transpose.
///
/// The names of `q` are those of sum_outer_products(). The same bits for any number of threads.
/// Scratch: 36 C K sums, up to eight times for small layers, and the transforms of 64 to 256 tiles.
/// Rounding: a test bounds max|error| / max|wbar| on N(0,1) data by 1e-5.
void winograd_weights(Context& context, const Problem<float>& q);

}  // namespace autonet::cpu
