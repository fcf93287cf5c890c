#pragma once

#include <vector>

#include "check/check_grad.h"
#include "check/report.h"
#include "check/subject.h"

namespace autonet {

// Checks of single calls, at the numbers that they have in the computation.

/// Each rule that the computation uses: <v, J u> = <rule(v), u> for random v and u, J u being told
/// by the op itself where it is linear, else by its complex step, else by differences of its
/// forward code. One row a rule; a failure names the layer and the way in which it is wrong.
std::vector<RuleCheck> check_rules(Subject& subject, const CheckGradOptions& options);

/// The same for what is linear, on small whole numbers, where f64 does not round: <v, op(u)> and
/// <rule(v), u> must be the same number, tolerance zero.
ClaimCheck check_exact(Subject& subject, const CheckGradOptions& options);

/// Each convolution by both methods, sliding and gathered patches, which share no rule: value and
/// both gradients on small whole numbers must be the same, element by element, tolerance zero.
ClaimCheck check_methods(Subject& subject, const CheckGradOptions& options);

}  // namespace autonet
