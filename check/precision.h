#pragma once

#include "check/check_grad.h"
#include "check/report.h"

namespace autonet {

/// The gradients as training computes them, in f32, with joined passes and Winograd's sums, against
/// those in f64 at the same numbers, tensor by tensor. The unit is the error that rounding to f32
/// should leave: measured by running the f64 computation again with every call's output changed at
/// random by as much as f32 rounds there (Monte Carlo arithmetic: D. S. Parker, 1997).
ClaimCheck check_precision(const Recording& f, std::span<const Array> points,
                           std::span<const std::string> names, const CheckGradOptions& options,
                           Context& context);

}  // namespace autonet
