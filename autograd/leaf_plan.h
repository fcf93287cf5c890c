#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "autograd/plan.h"

namespace autonet::internal {

/// How a step of a plan treats the examples of the batch.
struct StepUse {
  std::vector<int> axes;          // of each input: the axis of the examples, -1 if it has none
  std::vector<BatchUse> outputs;  // of each output
};

/// Consecutive steps of a plan that are done together: one step for all examples, or several leaf
/// by leaf, all of them for one leaf before the next.
struct StepGroup {
  std::vector<size_t> steps;  // in order of running
  bool by_leaves = false;
};

/// The steps of a plan in groups, in an order that computes each value before it is read.
struct LeafPlan {
  std::vector<StepUse> uses;  // of each step of the plan
  std::vector<StepGroup> groups;
};

/// Divides the steps of a plan for `examples` examples, which lie along axis 0 of the leaves
/// `batch`. Steps are collected into a group as long as each of them treats the examples one by one
/// or sums over them (Op::batch_use) and needs no such sum of the same group. A step that needs
/// all examples is done before the group if it reads nothing of it, else after it. A group that
/// writes few numbers is taken apart again: they stay in a cache anyway. `shared`: several
/// processes share the groups, so that all groups with enough work for them are kept.
LeafPlan plan_leaves(const Plan& plan, std::span<const Index> batch, Index examples,
                     bool shared = false);

}  // namespace autonet::internal
