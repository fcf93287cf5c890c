#pragma once

#include <vector>

#include "autonet/check/options.h"
#include "autonet/check/report.h"
#include "check/subject.h"

namespace autonet::internal {

/// Checks each rule that the computation uses, at every call: <v, J u> = <rule(v), u> for random v
/// and u. J u comes from the op itself where it is linear, else from its complex step, else from
/// differences of its forward code. With `confirm`, differences also show that each complex step is
/// what the forward code computes, and that y does not depend on inputs that the op calls not
/// differentiable; without it, inputs in which an op is linear are left to check_exact. Gives one
/// row for each rule; a failure names the layer and the way in which the rule is wrong.
std::vector<RuleCheck> check_rules(Subject& subject, const CheckGradOptions& options,
                                   bool confirm = true);

}  // namespace autonet::internal
