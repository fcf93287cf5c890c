#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "autonet/autograd/tape.h"

namespace autonet::internal {

/// A parameter and what its update reads.
struct CUpdate {
  Var parameter;
  Var gradient;
};

/// A step of a C function: the call of entry `call` of the tape or, where that is -1, update number
/// `update`.
struct CStep {
  Index call = -1;
  std::size_t update = 0;
};

/// A recorded computation as C code does it: in which order, and where each value lies.
///
/// Calls that depend on constants alone are computed here, so that C gets their results. Flips,
/// permutations, slices and the like are views: C computes their steps, and nothing is copied. The
/// other values lie in one block of memory. Those whose lifetimes do not overlap share a place, and
/// an elementwise call writes over an input that nothing reads later. A parameter is updated as
/// soon as its gradient is known and nothing reads it any more, so that gradients are short-lived.
class CProgram {
 public:
  /// `given`: leaves that are not constant, such as inputs, and parameters that are trained.
  CProgram(Tape& tape, std::span<const Var> given, std::span<const Var> outputs,
           std::span<const CUpdate> updates = {});

  Tape& tape() const { return tape_; }
  std::span<const CStep> steps() const { return steps_; }
  /// True for an array whose numbers are written into the C code.
  bool constant(Index id) const { return constant_[static_cast<std::size_t>(id)]; }
  /// True for an entry that is a view of its input.
  bool view(Index id) const { return view_[static_cast<std::size_t>(id)]; }
  /// Position of a call's value in the memory, in numbers.
  std::size_t offset(Index call) const { return offsets_[static_cast<std::size_t>(call)]; }
  /// True if a call writes over one of its inputs.
  bool in_place(Index call) const { return in_place_[static_cast<std::size_t>(call)]; }
  /// Numbers in the memory.
  std::size_t memory() const { return memory_; }
  /// The constants and the leaves that the steps and outputs read, in the tape's order.
  std::span<const Index> leaves() const { return leaves_; }

 private:
  void find_needed(std::span<const Var> given, std::span<const Var> outputs,
                   std::span<const CUpdate> updates);
  void find_steps(std::span<const CUpdate> updates);
  void place(std::span<const Var> outputs, std::span<const CUpdate> updates);
  /// The call or leaf whose numbers an entry shows.
  Index holder(Index id) const;
  /// The call among the inputs of `call` whose memory it can write over; -1 without one.
  Index reusable_input(Index call, std::span<const std::size_t> last_read, std::size_t now) const;

  Tape& tape_;
  std::vector<bool> needed_, constant_, view_, in_place_;
  std::vector<Array> layouts_;  // stand-ins without numbers
  std::vector<CStep> steps_;
  std::vector<std::size_t> offsets_;
  std::vector<Index> leaves_;
  std::size_t memory_ = 0;
};

/// True for ops that compute each number of y from the numbers of the inputs at the same place, or
/// each row from the same row, so that y may lie where an input does.
bool writes_in_place(const Op& op);

}  // namespace autonet::internal
