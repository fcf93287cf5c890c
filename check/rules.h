#pragma once

#include <vector>

#include "autonet/check/options.h"
#include "autonet/check/report.h"
#include "check/subject.h"

namespace autonet::internal {

/// Checks each rule that the computation uses, at every call. With `confirm`, also that y does not
/// depend on inputs that the op calls not differentiable; without it, rules of convolutions are
/// left to check_methods. Gives one row for each rule; a failure names the layer and the way in
/// which the rule is wrong. A rule that only differences can check is INCONCLUSIVE if they cannot
/// at some call.
std::vector<RuleCheck> check_rules(Subject& subject, const CheckGradOptions& options,
                                   bool confirm = true);

}  // namespace autonet::internal
