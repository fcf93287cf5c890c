#pragma once

#include "autonet/check/options.h"
#include "autonet/check/report.h"
#include "check/subject.h"

namespace autonet::internal {

/// Compares the gradients as training computes them (in f32, with fused steps and Winograd's
/// algorithm) with those in f64 at the same numbers, tensor by tensor. The unit is the error that
/// rounding to f32 should cause, measured: see rounding.h. Nothing is compared where a number
/// leaves the range of f32.
ClaimCheck check_precision(const Computation& computation, const CheckGradOptions& options,
                           Context& context);

}  // namespace autonet::internal
