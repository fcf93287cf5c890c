#include "autograd/layout.h"

#include <algorithm>

#include "autograd/leaves.h"
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {

Layout::Layout(const Plan& plan, std::span<const Var> batch, Collective* collective)
    : plan_(plan),
      collective_(collective != nullptr && collective->size() > 1 ? collective : nullptr),
      kept_(plan.needed.size(), false),
      last_group_(plan.needed.size(), 0),
      last_step_(plan.needed.size(), 0),
      read_whole_(plan.needed.size(), false),
      sum_(plan.needed.size(), false) {
  std::vector<Index> ids;
  for (const Var& x : batch) ids.push_back(x.id());
  for (const Var& x : batch) {
    if (x.rank() == 0 || x.shape()[0] != batch[0].shape()[0]) {
      throw Error(
          text::concat("program: the inputs of a batch must have one length along axis 0, got ",
                       batch[0].shape(), " and ", x.shape()));
    }
  }
  examples_ = batch.empty() ? 0 : batch[0].shape()[0];
  leaves_ = plan_leaves(plan, ids, examples_, collective_ != nullptr);
  find_readers();
}

/// Visits the groups once: who reads each buffer last, and which buffers are needed whole.
void Layout::find_readers() {
  std::vector<size_t> made_in(kept_.size(), 0);  // the group that fills a buffer
  for (size_t g = 0; g < groups().size(); ++g) {
    const StepGroup& group = groups()[g];
    for (size_t i = 0; i < group.steps.size(); ++i) {
      const PlannedStep& step = plan_.steps[group.steps[i]];
      for (size_t n = 0; n < step.inputs.size(); ++n) {
        const Index id = step.inputs[n];
        if (!group.by_leaves || leaves_.uses[group.steps[i]].axes[n] < 0) {
          read_whole_[static_cast<size_t>(plan_.holder[static_cast<size_t>(id)])] = true;
        }
        const Index buffer = plan_.buffer_of(id);
        if (buffer < 0) continue;
        const auto k = static_cast<size_t>(buffer);
        last_group_[k] = g;
        last_step_[k] = i;
        if (made_in[k] != g) kept_[k] = true;
      }
      for (size_t o = 0; o < step.outputs.size(); ++o) {
        const auto k = static_cast<size_t>(step.outputs[o]);
        made_in[k] = g;
        sum_[k] = group.by_leaves && leaves_.uses[group.steps[i]].outputs[o] == BatchUse::sum;
        kept_[k] = !group.by_leaves || plan_.is_output[k] || sum_[k];
      }
    }
  }
}

std::vector<Lifetime> Layout::lifetimes() const {
  std::vector<Lifetime> buffers;
  for (size_t g = 0; g < groups().size(); ++g) {
    for (const size_t j : groups()[g].steps) {
      for (const Index id : plan_.steps[j].outputs) {
        const auto k = static_cast<size_t>(id);
        if (!kept_[k]) continue;
        const size_t end = plan_.is_output[k] ? groups().size() : std::max(g, last_group_[k]);
        buffers.push_back({plan_.arrays[k].type().bytes(), g, end});
      }
    }
  }
  return buffers;
}

/// The steps of a group during which each value that it does not keep is held, for one leaf.
std::vector<Lifetime> Layout::lifetimes_in(const StepGroup& group) const {
  const auto largest = static_cast<std::size_t>(Leaves(examples_).largest());
  std::vector<Lifetime> buffers;
  for (size_t i = 0; i < group.steps.size(); ++i) {
    for (const Index id : plan_.steps[group.steps[i]].outputs) {
      const auto k = static_cast<size_t>(id);
      if (kept_[k]) continue;
      const std::size_t example =
          plan_.arrays[k].type().bytes() / static_cast<std::size_t>(examples_);
      buffers.push_back({example * largest, i, std::max(i, last_step_[k])});
    }
  }
  return buffers;
}

/// Where a leaf finds input or output `id` of a group.
LeafRun::Place Layout::place_of(Index id, int axis,
                                std::span<const std::size_t> own_offsets) const {
  using Kind = LeafRun::Place::Kind;
  const Array& array = plan_.arrays[static_cast<size_t>(id)];
  const Index buffer = plan_.buffer_of(id);
  LeafRun::Place place{.axis = axis, .array = array.borrowed()};
  if (buffer >= 0 && !kept(buffer)) {
    const Array& holder = plan_.arrays[static_cast<size_t>(buffer)];
    place.kind = Kind::own;
    place.offset = own_offsets[static_cast<size_t>(buffer)] +
                   static_cast<std::size_t>(static_cast<const std::byte*>(array.raw()) -
                                            static_cast<const std::byte*>(holder.raw()));
  } else if (axis >= 0) {
    place.kind = Kind::cut;
  }
  return place;
}

std::vector<std::shared_ptr<LeafRun>> Layout::leaf_runs(Context& context) const {
  std::vector<std::shared_ptr<LeafRun>> runs;
  std::vector<std::size_t> own_offsets(plan_.needed.size(), 0);  // in the memory of a worker
  for (const StepGroup& group : groups()) {
    if (group.by_leaves) runs.push_back(leaf_run(context, group, own_offsets));
  }
  LeafRun::share_memory(runs);
  return runs;
}

std::shared_ptr<LeafRun> Layout::leaf_run(Context& context, const StepGroup& group,
                                          std::vector<std::size_t>& own_offsets) const {
  const ArenaPlan own = plan_arena(lifetimes_in(group));
  size_t next = 0;
  for (const size_t j : group.steps) {
    for (const Index id : plan_.steps[j].outputs) {
      if (!kept(id)) own_offsets[static_cast<size_t>(id)] = own.offsets[next++];
    }
  }
  std::vector<LeafRun::Inner> inner;
  std::vector<Array> sums;
  std::vector<Array> rows;  // that every process needs whole
  for (const size_t j : group.steps) {
    const PlannedStep& planned = plan_.steps[j];
    const StepUse& use = leaves_.uses[j];
    LeafRun::Inner step{.op = planned.op, .fused = planned.fused};
    for (size_t i = 0; i < planned.inputs.size(); ++i) {
      step.inputs.push_back(place_of(planned.inputs[i], use.axes[i], own_offsets));
    }
    for (size_t i = 0; i < planned.outputs.size(); ++i) {
      const Index id = planned.outputs[i];
      LeafRun::Place place = place_of(id, 0, own_offsets);
      if (use.outputs[i] == BatchUse::sum) {
        place.kind = LeafRun::Place::Kind::sum;
        place.sum = sums.size();
        sums.push_back(plan_.arrays[static_cast<size_t>(id)]);
      } else if (read_whole_[static_cast<size_t>(id)] || plan_.is_output[static_cast<size_t>(id)]) {
        rows.push_back(plan_.arrays[static_cast<size_t>(id)]);
      }
      step.outputs.push_back(std::move(place));
    }
    inner.push_back(std::move(step));
  }
  return std::make_shared<LeafRun>(context, examples_, std::move(inner), own.bytes, std::move(sums),
                                   collective_, std::move(rows));
}

Share Layout::examples_read(Index id) const {
  const auto k = static_cast<size_t>(id);
  if (collective_ == nullptr || read_whole_[k] || plan_.is_output[k]) return {0, examples_};
  const Leaves leaves(examples_);
  return examples_of(leaves, share_of(leaves, collective_->rank(), collective_->size()));
}

}  // namespace autonet::internal
