#pragma once

#include <span>

#include "autograd/fusion.h"

namespace autonet {

/// Every pattern of calls that a routine does in one pass, for ProgramOptions:
///
///     Program step(context, inputs, outputs, {.fusions = fusions()});
///
/// Convolution or matmul, then bias, then ReLU, then max-pooling; backwards the gate of a ReLU in
/// the product or the pooling before it, and the bias's gradient while its terms are in cache. The
/// numbers are those of the separate calls; only a bias's gradient is added up in another order.
std::span<const Fusion> fusions();

}  // namespace autonet
