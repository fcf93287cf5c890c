#pragma once

#include "autonet/check/options.h"
#include "autonet/check/report.h"
#include "check/subject.h"

namespace autonet::internal {

/// Runs y and its gradient in f32 as training does (with fused steps and Winograd's algorithm), and
/// compares each step with the same calls in f64, at the numbers that the step reads. So both make
/// the same choices, and an error has an address. The unit is the error that rounding to f32 should
/// cause in that step, measured: see rounding.h. Without `gradient`, y alone. INCONCLUSIVE where a
/// number leaves the range of f32. If the computation does not run in f32 at all, nothing is
/// compared, and the details say why.
ClaimCheck check_precision(const Computation& computation, const CheckGradOptions& options,
                           Context& context, bool gradient = true);

}  // namespace autonet::internal
