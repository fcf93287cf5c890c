#pragma once

#include <vector>

#include "check/check_grad.h"
#include "check/report.h"

namespace autonet {

/// Two claims on the second derivatives of f as recorded, for random directions u, w of all points:
///
///   symmetric   <w, H u> = <u, H w>
///   curvature   <w, H u> is the slope along u of the complex step along w, which asks no rule: a
///               rule that is right in value but forgets that it depends on x is found here
std::vector<ClaimCheck> check_curvature(const Recording& f, std::span<const Array> points,
                                        std::span<const std::string> names,
                                        const CheckGradOptions& options, Context& context);

}  // namespace autonet
