#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>

#include "autonet/autograd/op.h"

namespace autonet {

/// Several calls of ops done in one pass over memory, as one step of a program. Shapes and rules
/// are those of the calls it replaces. Immutable, like an Op.
class FusedOp {
 public:
  virtual ~FusedOp() = default;

  /// Computes the outputs from the inputs, under the same conditions as Op::forward.
  virtual void forward(Context& context, std::span<const Array> inputs,
                       std::span<Array> outputs) const = 0;

  /// Op::batch_use for each output. By default all are `whole`; if one is, all must be.
  virtual void batch_use(std::span<const Array> /*inputs*/, std::span<int> /*axes*/,
                         std::span<BatchUse> outputs) const {
    std::ranges::fill(outputs, BatchUse::whole);
  }
};

/// A call that planning considers, or several that were joined before. The arrays have types and
/// layouts, but no numbers yet.
struct PlannedCall {
  const Op* op = nullptr;          ///< the op; null where `fused` is set
  const FusedOp* fused = nullptr;  ///< the joined calls
  std::span<const Array> inputs;   ///< stand-ins for the inputs
  std::span<const Array> outputs;  ///< stand-ins for the outputs
  std::span<const Index> ids;      ///< of the inputs; equal numbers mean the same value
};

/// Two calls that may be joined: `next` reads the last output of `first`.
struct FusionSite {
  PlannedCall first;  ///< the call that is done first
  PlannedCall next;   ///< the call that reads its output
  /// Bit i is set where input i of `next` is that output, as it is or as a contiguous view of all
  /// of it under another shape.
  unsigned positions = 0;
  /// True if something else needs the output too, so that the joined call must still write it.
  bool keep = false;
};

/// A pattern of two calls and the routine that does both in one pass. Longer chains are joined step
/// by step. The planner knows no op by name: each op says which patterns begin with it, in
/// Op::fusions.
struct Fusion {
  std::string name;  ///< the pattern, for people
  /// Gives what does `first` and then `next`, or null where the pattern does not fit. Its inputs
  /// are those of first, then those of next without the `positions`; its outputs are first's
  /// (without the last one unless `keep`), then next's.
  std::shared_ptr<const FusedOp> (*join)(const FusionSite& site) = nullptr;
};

}  // namespace autonet
