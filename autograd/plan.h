#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "autograd/fusion.h"
#include "autograd/tape.h"

namespace autonet {

/// A step as planning knows it: which entries of the tape it reads and writes.
struct PlannedStep {
  std::shared_ptr<const Op> op;
  std::shared_ptr<const FusedOp> fused;
  std::vector<Index> calls;  // in order
  std::vector<Index> inputs;
  std::vector<Index> outputs;
};

/// What planning finds out about the entries of a tape that some outputs need. All vectors but
/// `steps` are indexed by an entry's id.
///
/// Layouts are decided on stand-in arrays without memory; they are the same later on real memory.
struct Plan {
  Tape& tape;
  std::vector<bool> needed;
  std::vector<bool> is_output;  // its buffer holds an output
  std::vector<Array> arrays;
  std::vector<Index> storage;      // whose buffer holds its numbers (itself, or a view's); -1: a
                                   // leaf's own
  std::vector<PlannedStep> steps;  // in order of running

  Plan(Tape& recorded, std::span<const Var> outputs, Index size);

  /// Gives each needed call a step, or makes it a view. `arrays` holds the inputs already; other
  /// leaves' numbers are taken from the tape. Throws Error for a placeholder without numbers.
  void make_steps(std::span<const Var> outputs);
  /// Joins steps by the rows of the list, each as often as it fits.
  void join(std::span<const Fusion> fusions);

  std::optional<Array> view_of(const Node& call) const;
  std::vector<Array> arrays_of(std::span<const Index> ids) const;
};

}  // namespace autonet
