#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "autonet/autograd/fusion.h"
#include "autonet/autograd/tape.h"

namespace autonet::internal {

/// A step while it is planned: the entries of the tape that it reads and writes.
struct PlannedStep {
  std::shared_ptr<const Op> op;
  std::shared_ptr<const FusedOp> fused;
  std::vector<Index> calls;  // in order
  std::vector<Index> inputs;
  std::vector<Index> outputs;
};

/// The result of planning: what is known of the entries of a tape that some outputs need. All
/// vectors but `steps` are indexed by an entry's id.
///
/// Layouts are decided on stand-in arrays without memory; they are the same later on real memory.
struct Plan {
  Tape& tape;
  std::vector<bool> needed;
  std::vector<bool> is_output;  // its buffer holds an output
  std::vector<Array> arrays;
  std::vector<Index> holder;  // the leaf or call whose memory holds its numbers: itself, or for
                              // a view that of its input
  std::vector<PlannedStep> steps;  // in order of running
  std::size_t visited = 0;         // entries and inputs looked at: a measure of the planning work

  Plan(Tape& recorded, std::span<const Var> outputs, Index size);

  /// Gives each needed call a step, or makes it a view. `arrays` holds the inputs already; other
  /// leaves' numbers are taken from the tape. Throws Error for a placeholder without numbers.
  void make_steps(std::span<const Var> outputs);
  /// Joins steps by the patterns that their ops offer, each as often as it fits.
  void join();

  /// The call whose buffer holds the numbers of entry `id`; -1 if they are a leaf's.
  Index buffer_of(Index id) const;
  std::optional<Array> view_of(const Node& call) const;
  std::vector<Array> arrays_of(std::span<const Index> ids) const;
};

}  // namespace autonet::internal
