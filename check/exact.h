#pragma once

#include "check/check_grad.h"
#include "check/report.h"
#include "check/subject.h"

namespace autonet {

// Checks on small whole numbers, where f64 does not round: tolerance zero.

/// Each rule of what is linear, at every call: <v, op(u)> and <rule(v), u> must be the same number.
ClaimCheck check_exact(Subject& subject, const CheckGradOptions& options);

/// Each convolution by both methods, sliding and gathered patches, which share no rule: value and
/// both gradients must be the same, element by element.
ClaimCheck check_methods(Subject& subject, const CheckGradOptions& options);

}  // namespace autonet
