#pragma once

#include <span>
#include <string>

#include "autonet/autograd/array.h"
#include "check/difference.h"
#include "check/replay.h"

namespace autonet::internal {

/// A slope of y found from forward code alone, without any rule.
struct Tangent {
  double value = 0.0;
  double doubt = 0.0;    // 0 if every op on the way has a complex step
  bool on_kink = false;  // an op without a complex step is on a kink: `doubt` reaches to both sides
  std::string without;   // the first op on the way that has no complex step, if any
};

/// The differences of a call along u in one of its inputs, at the numbers of its last run.
Differences differences_of(Context& context, const ReplayCall& call, size_t input, const Array& u);

/// The derivative of output 0, a scalar, along us at the last run's numbers: one direction for each
/// point, where one without data is zero. Each call on the way passes the direction on by its
/// complex step; one that has none, by differences of its forward code.
Tangent tangent_along(Context& context, const Replay& replay, std::span<const Array> us);
/// The same along a direction of point i alone.
Tangent tangent_along(Context& context, const Replay& replay, size_t i, const Array& u);

}  // namespace autonet::internal
