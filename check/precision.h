#pragma once

#include "check/check_grad.h"
#include "check/report.h"

namespace autonet {

/// The gradients as training computes them, in f32, with joined passes and Winograd's sums, against
/// those in f64 at the same numbers, tensor by tensor. The unit is the error that rounding to f32
/// should leave, measured: see rounding.h. Nothing is compared where a number leaves f32's range.
ClaimCheck check_precision(const Recording& f, std::span<const Array> points,
                           std::span<const std::string> names, const CheckGradOptions& options,
                           Context& context);

}  // namespace autonet
