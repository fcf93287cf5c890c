#pragma once

#include "autonet/check/options.h"
#include "autonet/check/report.h"
#include "check/subject.h"

namespace autonet::internal {

/// For random directions u, w of all points: <w, H u> by the recorded rules is the slope along u of
/// the complex step along w, which uses no rule. This finds a rule that gives the right value but
/// does not depend on x where it should. `subject` is that of order 1. If there is nothing to
/// compare, the details say why.
ClaimCheck check_curvature(Subject& subject, const CheckGradOptions& options);

}  // namespace autonet::internal
