#pragma once

#include <memory>
#include <span>
#include <string>

#include "autograd/op.h"

namespace autonet {

/// Several calls of ops done in one pass over memory: a step of a program. It has no shapes to
/// infer and no rule; the calls it stands for had them. Immutable, like an Op.
class FusedOp {
 public:
  virtual ~FusedOp() = default;

  /// Numbers to numbers, under the same promises as Op::forward.
  virtual void forward(Context& context, std::span<const Array> inputs,
                       std::span<Array> outputs) const = 0;
};

/// A call that planning considers, or several already joined. The arrays tell types and layouts;
/// their numbers are not there yet.
struct PlannedCall {
  const Op* op = nullptr;          // null where `fused` is set
  const FusedOp* fused = nullptr;  // calls that were joined before
  std::span<const Array> inputs;
  std::span<const Array> outputs;
  std::span<const Index> ids;  // of the inputs: the same value has the same number
};

/// Where a fusion may be made: `next` reads the last output of `first`.
struct FusionSite {
  PlannedCall first;
  PlannedCall next;
  /// Bit i is set where next's input i is that output, as it is or as a contiguous view of all of
  /// it under another shape.
  unsigned positions = 0;
  /// Does anything else need the output? Then the joined call must still write it.
  bool keep = false;
};

/// A row of the list of fusions: a pattern of two calls and the routine that does both in one pass.
/// Longer chains come about step by step. The planner knows no op by name; ops/ contributes rows.
struct Fusion {
  std::string name;
  /// What does first and then next; null where the pattern does not fit. Its inputs are those of
  /// first, then those of next without the `positions`; its outputs are first's (without the last
  /// one unless `keep`), then next's.
  std::shared_ptr<const FusedOp> (*join)(const FusionSite& site) = nullptr;
};

}  // namespace autonet
