#pragma once

#include <vector>

#include "autonet/check/options.h"
#include "autonet/check/report.h"
#include "check/subject.h"

namespace autonet::internal {

/// Checks two claims about the second derivatives, for random directions u, w of all points:
///
///   symmetric   <w, H u> = <u, H w>, both by the recorded rules
///   curvature   <w, H u> by the rules is the slope along u of the complex step along w, which
///               uses no rule. This finds a rule that gives the right value but does not depend on
///               x where it should.
std::vector<ClaimCheck> check_curvature(const Computation& computation,
                                        const CheckGradOptions& options, Context& context);

}  // namespace autonet::internal
