#pragma once

#include "autonet/check/options.h"
#include "autonet/check/report.h"
#include "check/subject.h"

// Checks on small whole numbers, on which f64 does not round: their tolerance is zero.
namespace autonet::internal {

/// Every rule for an input in which its op is linear, at every call: <v, op(u)> and <rule(v), u>
/// must be the same number, at several draws of whole numbers. Nothing is compared if no op is
/// linear or none gives whole numbers. With `brief`, at one draw, and convolutions are left to
/// check_methods.
ClaimCheck check_exact(Subject& subject, const CheckGradOptions& options, bool brief = false);

/// Every convolution by both methods, sliding and gathered patches, which share no rule: the value
/// and both gradients must be the same, element by element. Nothing is compared if there is none.
ClaimCheck check_methods(Subject& subject, const CheckGradOptions& options);

}  // namespace autonet::internal
