#pragma once

#include <vector>

#include "check/check_grad.h"
#include "check/report.h"
#include "check/subject.h"

namespace autonet {

/// Each rule that the computation uses, at every call: <v, J u> = <rule(v), u> for random v and u,
/// J u being told by the op itself where it is linear, else by its complex step, else by
/// differences of its forward code. One row a rule; a failure names the layer and the way in which
/// it is wrong.
std::vector<RuleCheck> check_rules(Subject& subject, const CheckGradOptions& options);

}  // namespace autonet
