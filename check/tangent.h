#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "autonet/autograd/array.h"
#include "check/replay.h"

namespace autonet::internal {

/// The derivative of output 0, a scalar, along a direction at the last run's numbers, from forward
/// code. Each call on the way passes the direction on by its complex step. For one that has none,
/// the transpose of its rule stands in, and the rule has to be checked by itself.
struct Tangent {
  double value = 0.0;
  std::vector<Array> of_calls;                  // the direction in each result; no data: zero
  std::set<std::pair<std::string, int>> rules;  // those that stood in: op, input
};

/// Along one direction for each point, where one without data is zero.
Tangent tangent_along(Context& context, const Replay& replay, std::span<const Array> us);
/// Along a direction of point i alone.
Tangent tangent_along(Context& context, const Replay& replay, size_t i, const Array& u);
/// Along a direction of the result of call k.
Tangent tangent_from_call(Context& context, const Replay& replay, size_t k, const Array& u);

/// The last call that makes zeros of the direction that comes in, if there is one.
std::optional<size_t> where_it_vanishes(const Replay& replay, const Tangent& tangent);

}  // namespace autonet::internal
