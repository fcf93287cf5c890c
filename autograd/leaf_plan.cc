#include "autograd/leaf_plan.h"

#include <algorithm>

#include "autograd/leaves.h"

namespace autonet::internal {
namespace {

/// Where a value is computed, seen from the group that is being collected.
enum class Made { earlier, in_group, after_leaves, later };

class Grouper {
 public:
  Grouper(const Plan& plan, std::span<const Index> batch, Index examples, bool shared)
      : plan_(plan),
        examples_(examples),
        shared_(shared),
        varies_(plan.needed.size()),
        made_(plan.needed.size()) {
    for (const Index id : batch) varies_[static_cast<size_t>(id)] = true;
  }

  LeafPlan run() {
    for (size_t j = 0; j < plan_.steps.size(); ++j) {
      result_.uses.push_back(use_of(plan_.steps[j]));
      place(j);
    }
    close();
    return std::move(result_);
  }

 private:
  /// The axis of the examples of an array; -1 if it is the same for all of them, -2 if they do not
  /// lie along one axis.
  int axis_of(Index id) const {
    const auto holder = static_cast<size_t>(plan_.holder[static_cast<size_t>(id)]);
    if (!varies_[holder]) return -1;
    const Index example = plan_.arrays[holder].size() / examples_;  // numbers of one example
    const Array& seen = plan_.arrays[static_cast<size_t>(id)];
    for (int axis = 0; axis < seen.rank(); ++axis) {
      if (seen.shape()[axis] == examples_ && seen.stride(axis) == example) return axis;
    }
    return -2;
  }

  StepUse use_of(const PlannedStep& step) {
    StepUse use;
    use.outputs.assign(step.outputs.size(), BatchUse::whole);
    for (const Index id : step.inputs) use.axes.push_back(axis_of(id));
    if (std::ranges::all_of(use.axes, [](int axis) { return axis == -1; }) ||
        std::ranges::count(use.axes, -2) > 0) {
      return use;
    }
    const std::vector<Array> inputs = plan_.arrays_of(step.inputs);
    if (step.op != nullptr) {
      use.outputs[0] = step.op->batch_use(inputs, use.axes);
    } else {
      step.fused->batch_use(inputs, use.axes, use.outputs);
    }
    for (size_t i = 0; i < use.outputs.size(); ++i) {
      if (use.outputs[i] == BatchUse::each) varies_[static_cast<size_t>(step.outputs[i])] = true;
    }
    return use;
  }

  bool reads(const PlannedStep& step, Made when) const {
    return std::ranges::any_of(step.inputs, [&](Index id) {
      const Index buffer = plan_.buffer_of(id);
      return buffer >= 0 && made_[static_cast<size_t>(buffer)] == when;
    });
  }

  void place(size_t j) {
    const PlannedStep& step = plan_.steps[j];
    const StepUse& use = result_.uses[j];
    const bool cut = use.outputs[0] != BatchUse::whole;
    const bool reads_later = reads(step, Made::later) || reads(step, Made::after_leaves);
    if (cut && reads_later) close();
    if (cut) {
      group_.push_back(j);
    } else if (reads_later || reads(step, Made::in_group)) {
      after_.push_back(j);
    } else {
      before_.push_back(j);
    }
    const bool waits = !cut && !after_.empty() && after_.back() == j;
    if (!cut && !waits) return;
    for (size_t i = 0; i < step.outputs.size(); ++i) {
      made_[static_cast<size_t>(step.outputs[i])] = waits ? Made::later
                                                    : use.outputs[i] == BatchUse::sum
                                                        ? Made::after_leaves
                                                        : Made::in_group;
      marked_.push_back(step.outputs[i]);
    }
  }

  /// Ends the group, with the steps before it and those that wait for it.
  void close() {
    if (pays()) {
      add_one_by_one(before_);
      result_.groups.push_back({.steps = group_, .by_leaves = true});
      add_one_by_one(after_);
    } else {
      std::vector<size_t> all = before_;
      all.insert(all.end(), group_.begin(), group_.end());
      all.insert(all.end(), after_.begin(), after_.end());
      std::ranges::sort(all);  // as recorded, which needs the least memory
      add_one_by_one(all);
    }
    for (const Index id : marked_) made_[static_cast<size_t>(id)] = Made::earlier;
    marked_.clear();
    before_.clear();
    group_.clear();
    after_.clear();
  }

  void add_one_by_one(const std::vector<size_t>& steps) {
    for (const size_t j : steps) result_.groups.push_back({.steps = {j}});
  }

  bool pays() const {
    // The numbers that a group writes. Fewer stay in a second-level cache anyway, and steps for all
    // examples read the weights once.
    constexpr Index kLeastNumbers = 200'000;
    // The work that several processes share. With less, they would wait longer for each other.
    constexpr double kLeastWork = 1e6;
    Index numbers = 0;
    double multiply_adds = 0.0;
    for (const size_t j : group_) {
      for (const Index id : plan_.steps[j].outputs) {
        numbers += plan_.arrays[static_cast<size_t>(id)].size();
      }
      for (const Index id : plan_.steps[j].calls) multiply_adds += work_of(id);
    }
    if (shared_) return static_cast<double>(numbers) + multiply_adds >= kLeastWork;
    return group_.size() > 1 && numbers >= kLeastNumbers;
  }

  /// Multiply-adds of a call.
  double work_of(Index id) const {
    const Node& call = plan_.tape.node(id);
    std::vector<ArrayType> types;
    types.reserve(static_cast<size_t>(call.input_count));
    for (int i = 0; i < call.input_count; ++i) {
      types.push_back(plan_.tape.node(plan_.tape.input(call, i)).type);
    }
    return call.op->multiply_adds(types, call.type);
  }

  const Plan& plan_;
  Index examples_;
  bool shared_;
  std::vector<bool> varies_;    // leaves and buffers with an entry for each example along axis 0
  std::vector<Made> made_;      // buffers
  std::vector<Index> marked_;   // buffers that are not made earlier
  std::vector<size_t> before_;  // steps that read nothing of the group
  std::vector<size_t> group_;   // the steps collected
  std::vector<size_t> after_;   // steps that wait for its end
  LeafPlan result_;
};

}  // namespace

LeafPlan plan_leaves(const Plan& plan, std::span<const Index> batch, Index examples, bool shared) {
  if (Leaves(examples).count() > 1) return Grouper(plan, batch, examples, shared).run();
  LeafPlan one_by_one;
  for (size_t j = 0; j < plan.steps.size(); ++j) {
    one_by_one.uses.emplace_back();
    one_by_one.groups.push_back({.steps = {j}});
  }
  return one_by_one;
}

}  // namespace autonet::internal
