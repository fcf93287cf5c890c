#include "autograd/plan.h"

#include <algorithm>
#include <string>

#include "autograd/error.h"

namespace autonet {

Plan::Plan(Tape& recorded, std::span<const Var> outputs, Index size)
    : tape(recorded),
      needed(static_cast<size_t>(size), false),
      is_output(static_cast<size_t>(size), false),
      arrays(static_cast<size_t>(size)),
      storage(static_cast<size_t>(size), -1) {
  for (const Var& y : outputs) needed[static_cast<size_t>(y.id())] = true;
  for (Index id = size - 1; id >= 0; --id) {
    if (!needed[static_cast<size_t>(id)]) continue;
    const Node& call = tape.node(id);
    for (int i = 0; i < call.input_count; ++i) {
      needed[static_cast<size_t>(tape.input(call, i))] = true;
    }
  }
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
  alignas(64) static std::byte stand_in[64];  // never read: layouts only
  for (Index id = 0; id < static_cast<Index>(needed.size()); ++id) {
    const auto k = static_cast<size_t>(id);
    if (!needed[k]) continue;
    const Node& call = tape.node(id);
    if (call.op == nullptr) {
      if (arrays[k].has_data()) continue;
      if (!call.value.has_data()) {
        throw Error("program: placeholder \"" + tape.name_of(id) + "\" " + call.type.shape.str() +
                    " is needed but is not among the inputs");
      }
      arrays[k] = call.value;
    } else if (auto view = view_of(call)) {
      arrays[k] = *view;
      storage[k] = storage[static_cast<size_t>(tape.input(call, 0))];
    } else {
      arrays[k] = Array::wrap(stand_in, call.type, nullptr);
      storage[k] = id;
      PlannedStep step;
      step.op = call.op;
      step.calls = {id};
      step.outputs = {id};
      for (int i = 0; i < call.input_count; ++i) step.inputs.push_back(tape.input(call, i));
      steps.push_back(std::move(step));
    }
  }
  for (const Var& y : outputs) {
    const Index from = storage[static_cast<size_t>(y.id())];
    if (from >= 0) is_output[static_cast<size_t>(from)] = true;
  }
}

namespace {

/// Joins the steps of a plan. A buffer is known by the entry whose numbers it holds.
class Joiner {
 public:
  Joiner(Plan& plan, std::span<const Fusion> fusions)
      : plan_(plan),
        fusions_(fusions),
        producer_(plan.needed.size(), 0),
        readers_(plan.needed.size()),
        gone_(plan.steps.size(), false) {
    for (size_t j = 0; j < plan.steps.size(); ++j) {
      producer_[static_cast<size_t>(plan.steps[j].outputs[0])] = j;
      for (const Index id : plan.steps[j].inputs) {
        if (const Index buffer = buffer_of(id); buffer >= 0) add_reader(buffer, j);
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
  Index buffer_of(Index id) const { return plan_.storage[static_cast<size_t>(id)]; }
  std::vector<size_t>& readers_of(Index buffer) { return readers_[static_cast<size_t>(buffer)]; }
  void add_reader(Index buffer, size_t step) {
    auto& readers = readers_of(buffer);
    if (std::ranges::find(readers, step) == readers.end()) readers.push_back(step);
  }

  bool join_with_a_producer(size_t j) {
    for (const Index id : plan_.steps[j].inputs) {
      const Index buffer = buffer_of(id);
      if (buffer < 0) continue;
      const size_t p = producer_[static_cast<size_t>(buffer)];
      if (plan_.steps[p].outputs.back() != buffer || !may_wait(p, j)) continue;
      if (try_rows(p, j, buffer)) return true;
    }
    return false;
  }

  /// Can step p be done as late as j? Not if anything reads its outputs earlier.
  bool may_wait(size_t p, size_t j) {
    constexpr size_t kMostReaders = 16;  // keeps planning linear
    return std::ranges::all_of(plan_.steps[p].outputs, [&](Index output) {
      const auto& readers = readers_of(output);
      return readers.size() <= kMostReaders &&
             std::ranges::all_of(readers, [&](size_t reader) { return reader >= j; });
    });
  }

  bool try_rows(size_t p, size_t j, Index buffer) {
    const PlannedStep& first = plan_.steps[p];
    const PlannedStep& next = plan_.steps[j];
    if (next.inputs.size() > 32) return false;
    FusionSite site;
    for (size_t i = 0; i < next.inputs.size(); ++i) {
      if (buffer_of(next.inputs[i]) != buffer) continue;
      const Array& seen = plan_.arrays[static_cast<size_t>(next.inputs[i])];
      const bool whole =
          seen.is_contiguous() && seen.size() == plan_.arrays[static_cast<size_t>(buffer)].size();
      if (!whole) return false;
      site.positions |= 1U << i;
    }
    site.keep = plan_.is_output[static_cast<size_t>(buffer)] || readers_of(buffer).size() > 1;
    const std::vector<Array> arrays[] = {
        plan_.arrays_of(first.inputs), plan_.arrays_of(first.outputs), plan_.arrays_of(next.inputs),
        plan_.arrays_of(next.outputs)};
    site.first = {first.op.get(), first.fused.get(), arrays[0], arrays[1], first.inputs};
    site.next = {next.op.get(), next.fused.get(), arrays[2], arrays[3], next.inputs};
    for (const Fusion& fusion : fusions_) {
      if (auto joined = fusion.join(site)) {
        merge(p, j, site, std::move(joined));
        return true;
      }
    }
    return false;
  }

  void merge(size_t p, size_t j, const FusionSite& site, std::shared_ptr<const FusedOp> joined) {
    PlannedStep& first = plan_.steps[p];
    PlannedStep& next = plan_.steps[j];
    PlannedStep both;
    both.fused = std::move(joined);
    both.calls = first.calls;
    both.calls.insert(both.calls.end(), next.calls.begin(), next.calls.end());
    both.inputs = first.inputs;
    for (size_t i = 0; i < next.inputs.size(); ++i) {
      if ((site.positions >> i & 1U) == 0) both.inputs.push_back(next.inputs[i]);
    }
    both.outputs = first.outputs;
    std::erase(readers_of(first.outputs.back()), j);
    if (!site.keep) both.outputs.pop_back();
    both.outputs.insert(both.outputs.end(), next.outputs.begin(), next.outputs.end());
    for (const Index id : first.inputs) {
      if (const Index buffer = buffer_of(id); buffer >= 0) {
        std::erase(readers_of(buffer), p);
        add_reader(buffer, j);
      }
    }
    for (const Index output : both.outputs) producer_[static_cast<size_t>(output)] = j;
    gone_[p] = true;
    next = std::move(both);
  }

  Plan& plan_;
  std::span<const Fusion> fusions_;
  std::vector<size_t> producer_;              // of a buffer
  std::vector<std::vector<size_t>> readers_;  // steps that read a buffer
  std::vector<bool> gone_;
};

}  // namespace

void Plan::join(std::span<const Fusion> fusions) {
  if (!fusions.empty()) Joiner(*this, fusions).run();
}

}  // namespace autonet
