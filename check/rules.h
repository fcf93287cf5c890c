#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autonet/check/options.h"
#include "autonet/check/report.h"
#include "check/difference.h"
#include "check/local_call.h"
#include "check/subject.h"

namespace autonet::internal {

/// The comparison of <rule(v), u> with <v, J u> at one call, for random v and u.
struct RuleComparison {
  Agreement agreement = Agreement::hidden;
  double error = 0.0;          // relative
  Index kinks = 0;             // elements on kinks
  std::string against = {};    // where J u comes from
  std::string diagnosis = {};  // how the rule is wrong, or why nothing was compared
};

/// Compares a rule with its op, by all means that there are: on whole numbers, on which f64 does
/// not round, where the op is linear; by its complex step; else by differences of its forward code,
/// along u and element by element. With `confirm`, differences also show that the complex step is
/// what the forward code computes. Without it, a rule whose op is linear is compared on whole
/// numbers alone, if these give whole numbers.
RuleComparison compare_rule(const LocalCall& call, const CheckGradOptions& options,
                            std::uint64_t stream, bool confirm = true);

/// Checks each rule that the computation uses, at every call. With `confirm`, also that y does not
/// depend on inputs that the op calls not differentiable; without it, rules of convolutions are
/// left to check_methods. Gives one row for each rule; a failure names the layer and the way in
/// which the rule is wrong. A rule that only differences can check is INCONCLUSIVE if they cannot
/// at some call.
std::vector<RuleCheck> check_rules(Subject& subject, const CheckGradOptions& options,
                                   bool confirm = true);

}  // namespace autonet::internal
