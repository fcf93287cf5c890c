#pragma once

#include <set>
#include <span>
#include <string>
#include <utility>

#include "autonet/autograd/array.h"
#include "check/replay.h"

namespace autonet::internal {

/// Rules by the name of their op and the number of the input.
using RuleNames = std::set<std::pair<std::string, int>>;

/// The derivative of output 0, a scalar, along us at the last run's numbers, from forward code: one
/// direction for each point, where one without data is zero. Each call on the way passes the
/// direction on by its complex step. For one that has none, the transpose of its rule stands in,
/// and the rule is added to `relied_on`: it has to be checked by itself.
double tangent_along(Context& context, const Replay& replay, std::span<const Array> us,
                     RuleNames* relied_on = nullptr);
/// The same along a direction of point i alone.
double tangent_along(Context& context, const Replay& replay, size_t i, const Array& u,
                     RuleNames* relied_on = nullptr);
/// The same along a direction of the result of call k.
double tangent_from_call(Context& context, const Replay& replay, size_t k, const Array& u);

}  // namespace autonet::internal
