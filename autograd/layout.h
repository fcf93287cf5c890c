#pragma once

#include <memory>
#include <span>
#include <vector>

#include "autograd/arena.h"
#include "autograd/leaf_plan.h"
#include "autograd/leaf_run.h"
#include "autograd/plan.h"

namespace autonet::internal {

/// The groups of a plan's steps, and where each value is kept: in the arena, for all examples, or
/// for one leaf at a time in the memory of a worker.
class Layout {
 public:
  /// `batch`: the leaves whose axis 0 counts the examples; none: all steps are for themselves.
  /// `collective`: the processes that share the leaf by leaf groups, or null.
  Layout(const Plan& plan, std::span<const Var> batch, Collective* collective = nullptr);

  const std::vector<StepGroup>& groups() const { return leaves_.groups; }
  /// True if a value exists for all examples at once.
  bool kept(Index id) const { return kept_[static_cast<size_t>(id)]; }
  /// The groups during which each kept output must be held, in the order of the steps.
  std::vector<Lifetime> lifetimes() const;
  /// The groups that are run leaf by leaf, in their order; they share the memory of their workers,
  /// as they run one after the other. The plan's kept arrays must have their memory.
  std::vector<std::shared_ptr<LeafRun>> leaf_runs(Context& context) const;
  /// True if a buffer is a sum over the batch that a group makes leaf by leaf.
  bool is_sum(Index id) const { return sum_[static_cast<size_t>(id)]; }
  /// The examples whose entries of leaf `id` this process reads.
  Share examples_read(Index id) const;

 private:
  void find_readers();
  std::vector<Lifetime> lifetimes_in(const StepGroup& group) const;
  std::shared_ptr<LeafRun> leaf_run(Context& context, const StepGroup& group,
                                    std::vector<std::size_t>& own_offsets) const;
  LeafRun::Place place_of(Index id, int axis, std::span<const std::size_t> own_offsets) const;

  const Plan& plan_;
  Collective* collective_;
  Index examples_ = 0;
  LeafPlan leaves_;
  // Of each buffer:
  std::vector<bool> kept_;
  std::vector<size_t> last_group_;  // that reads it
  std::vector<size_t> last_step_;   // that reads it, counted within that group
  // Of each leaf and buffer: it is read other than leaf by leaf, so each process needs all of it.
  std::vector<bool> read_whole_;
  std::vector<bool> sum_;
};

}  // namespace autonet::internal
