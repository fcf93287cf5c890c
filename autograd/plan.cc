#include "autograd/plan.h"

#include <algorithm>
#include <set>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {

Plan::Plan(Tape& recorded, std::span<const Var> outputs, Index size)
    : tape(recorded),
      needed(static_cast<size_t>(size), false),
      is_output(static_cast<size_t>(size), false),
      arrays(static_cast<size_t>(size)),
      holder(static_cast<size_t>(size), -1) {
  for (const Var& y : outputs) needed[static_cast<size_t>(y.id())] = true;
  for (Index id = size - 1; id >= 0; --id) {
    if (!needed[static_cast<size_t>(id)]) continue;
    const Node& call = tape.node(id);
    for (int i = 0; i < call.input_count; ++i) {
      needed[static_cast<size_t>(tape.input(call, i))] = true;
    }
    visited += 1 + static_cast<size_t>(call.input_count);
  }
}

Index Plan::buffer_of(Index id) const {
  const Index held = holder[static_cast<size_t>(id)];
  return tape.node(held).op == nullptr ? -1 : held;
}

std::optional<Array> Plan::view_of(const Node& call) const {
  if (call.input_count != 1) return std::nullopt;
  return call.op->view(arrays[static_cast<size_t>(tape.input(call, 0))]);
}

std::vector<Array> Plan::arrays_of(std::span<const Index> ids) const {
  std::vector<Array> found;
  found.reserve(ids.size());
  for (const Index id : ids) found.push_back(arrays[static_cast<size_t>(id)]);
  return found;
}

void Plan::make_steps(std::span<const Var> outputs) {
  alignas(64) static std::byte stand_in[64];  // never read, as only layouts are decided
  for (Index id = 0; id < static_cast<Index>(needed.size()); ++id) {
    const auto k = static_cast<size_t>(id);
    if (!needed[k]) continue;
    const Node& call = tape.node(id);
    holder[k] = id;
    if (call.op == nullptr) {
      if (arrays[k].has_data()) continue;
      if (!call.value.has_data()) {
        throw Error(text::concat("program: placeholder \"", tape.name_of(id), "\" ",
                                 call.type.shape, " is needed but is not among the inputs"));
      }
      arrays[k] = call.value;
    } else if (auto view = view_of(call)) {
      arrays[k] = *view;
      holder[k] = holder[static_cast<size_t>(tape.input(call, 0))];
    } else {
      arrays[k] = Array::wrap(stand_in, call.type, nullptr);
      PlannedStep step;
      step.op = call.op;
      step.calls = {id};
      step.outputs = {id};
      for (int i = 0; i < call.input_count; ++i) step.inputs.push_back(tape.input(call, i));
      steps.push_back(std::move(step));
    }
  }
  for (const Var& y : outputs) {
    const Index from = buffer_of(y.id());
    if (from >= 0) is_output[static_cast<size_t>(from)] = true;
  }
}

namespace {

/// Joins the steps of a plan. A buffer has the number of the call that fills it.
class Joiner {
 public:
  explicit Joiner(Plan& plan)
      : plan_(plan),
        producer_(plan.needed.size(), 0),
        readers_(plan.needed.size()),
        gone_(plan.steps.size(), false),
        fusions_(plan.steps.size()) {
    for (size_t j = 0; j < plan.steps.size(); ++j) {
      producer_[static_cast<size_t>(plan.steps[j].outputs[0])] = j;
      fusions_[j] = plan.steps[j].op->fusions();
      for (const Index id : plan.steps[j].inputs) {
        if (const Index buffer = plan.buffer_of(id); buffer >= 0) readers_of(buffer).insert(j);
      }
    }
  }

  void run() {
    for (size_t j = 0; j < plan_.steps.size(); ++j) {
      while (join_with_a_producer(j)) {
      }
    }
    std::vector<PlannedStep> left;
    for (size_t j = 0; j < plan_.steps.size(); ++j) {
      if (!gone_[j]) left.push_back(std::move(plan_.steps[j]));
    }
    plan_.steps = std::move(left);
  }

 private:
  std::set<size_t>& readers_of(Index buffer) { return readers_[static_cast<size_t>(buffer)]; }

  bool join_with_a_producer(size_t j) {
    for (const Index id : plan_.steps[j].inputs) {
      ++plan_.visited;
      const Index buffer = plan_.buffer_of(id);
      if (buffer < 0) continue;
      const size_t p = producer_[static_cast<size_t>(buffer)];
      if (plan_.steps[p].outputs.back() != buffer || !may_wait(p, j)) continue;
      if (try_rows(p, j, buffer)) return true;
    }
    return false;
  }

  /// True if step p can be done as late as step j: nothing reads its outputs earlier.
  bool may_wait(size_t p, size_t j) {
    constexpr size_t kMostReaders = 16;  // with more, joining one of them gains little
    return std::ranges::all_of(plan_.steps[p].outputs, [&](Index output) {
      const auto& readers = readers_of(output);
      return readers.empty() || (readers.size() <= kMostReaders && *readers.begin() >= j);
    });
  }

  bool try_rows(size_t p, size_t j, Index buffer) {
    if (fusions_[p].empty()) return false;
    const PlannedStep& first = plan_.steps[p];
    const PlannedStep& next = plan_.steps[j];
    if (next.inputs.size() > 32) return false;
    FusionSite site;
    for (size_t i = 0; i < next.inputs.size(); ++i) {
      if (plan_.buffer_of(next.inputs[i]) != buffer) continue;
      const Array& seen = plan_.arrays[static_cast<size_t>(next.inputs[i])];
      const bool whole =
          seen.is_contiguous() && seen.size() == plan_.arrays[static_cast<size_t>(buffer)].size();
      if (!whole) return false;
      site.positions |= 1U << i;
    }
    plan_.visited += first.inputs.size() + next.inputs.size();
    site.keep = plan_.is_output[static_cast<size_t>(buffer)] || readers_of(buffer).size() > 1;
    const std::vector<Array> arrays[] = {
        plan_.arrays_of(first.inputs), plan_.arrays_of(first.outputs), plan_.arrays_of(next.inputs),
        plan_.arrays_of(next.outputs)};
    site.first = {.op = first.op.get(),
                  .fused = first.fused.get(),
                  .inputs = arrays[0],
                  .outputs = arrays[1],
                  .ids = first.inputs};
    site.next = {.op = next.op.get(),
                 .fused = next.fused.get(),
                 .inputs = arrays[2],
                 .outputs = arrays[3],
                 .ids = next.inputs};
    for (const Fusion& fusion : fusions_[p]) {
      if (auto joined = fusion.join(site)) {
        merge(p, j, site, std::move(joined));
        return true;
      }
    }
    return false;
  }

  void merge(size_t p, size_t j, const FusionSite& site, std::shared_ptr<const FusedOp> joined) {
    PlannedStep both = std::move(plan_.steps[p]);
    PlannedStep& next = plan_.steps[j];
    both.op = nullptr;
    both.fused = std::move(joined);
    plan_.visited += both.inputs.size();
    for (const Index id : both.inputs) {
      if (const Index buffer = plan_.buffer_of(id); buffer >= 0) {
        readers_of(buffer).erase(p);
        readers_of(buffer).insert(j);
      }
    }
    readers_of(both.outputs.back()).erase(j);
    if (!site.keep) both.outputs.pop_back();
    for (size_t i = 0; i < next.inputs.size(); ++i) {
      if ((site.positions >> i & 1U) == 0) both.inputs.push_back(next.inputs[i]);
    }
    both.calls.insert(both.calls.end(), next.calls.begin(), next.calls.end());
    both.outputs.insert(both.outputs.end(), next.outputs.begin(), next.outputs.end());
    for (const Index output : both.outputs) producer_[static_cast<size_t>(output)] = j;
    gone_[p] = true;
    fusions_[j] = fusions_[p];
    next = std::move(both);
  }

  Plan& plan_;
  std::vector<size_t> producer_;           // the step that fills a buffer
  std::vector<std::set<size_t>> readers_;  // the steps that read a buffer
  std::vector<bool> gone_;
  std::vector<std::span<const Fusion>> fusions_;  // those of the op that a step begins with
};

}  // namespace

void Plan::join() {
  Joiner(*this).run();
}

}  // namespace autonet::internal
