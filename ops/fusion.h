#pragma once

#include <span>

#include "autonet/autograd/fusion.h"

namespace autonet::internal {

/// Every pattern of calls that one routine computes in a single pass. Each begins with a
/// convolution, a matmul or a pool_spread, which offer them to a Program by Op::fusions.
///
/// Forward: convolution or matmul, then bias, then ReLU, then max-pooling. Backward: the gate of a
/// ReLU together with the product or pooling before it, and the gradient of a bias while its terms
/// are in cache. The numbers are those of the separate calls; only the gradient of a bias is summed
/// in another order.
std::span<const Fusion> fusions();

}  // namespace autonet::internal
