#include "autonet/autograd/program.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>

#include "autograd/arena.h"
#include "autograd/flush_denormals.h"
#include "autograd/layout.h"
#include "autograd/plan.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"

namespace autonet {
namespace {

using internal::Layout;
using internal::Plan;
using internal::PlannedStep;
using internal::StepGroup;

/// One more than the last entry among inputs and outputs. Throws Error unless all are of one tape.
Index entries(Tape& tape, std::span<const Var> inputs, std::span<const Var> outputs) {
  Index size = 0;
  const auto include = [&](const Var& var, const char* message) {
    if (&var.tape() != &tape) throw Error(message);
    size = std::max(size, var.id() + 1);
  };
  for (const Var& y : outputs) include(y, "program: the outputs lie on different tapes");
  for (const Var& x : inputs) include(x, "program: an input lies on another tape");
  return size;
}

StepCall describe(Tape& tape, Index id) {
  const Node& node = tape.node(id);
  StepCall call;
  call.id = id;
  call.op = node.op;
  call.label = tape.label_text(node.label);
  if (node.rule_of >= 0) {
    call.rule_of = tape.node(node.rule_of).op->name();
    call.rule_of_input = node.rule_of_input;
  }
  call.again = node.copy_of >= 0;
  call.type = node.type;
  std::vector<ArrayType> types;
  types.reserve(static_cast<size_t>(node.input_count));
  for (int i = 0; i < node.input_count; ++i) types.push_back(tape.node(tape.input(node, i)).type);
  call.multiply_adds = node.op->multiply_adds(types, node.type);
  return call;
}

/// What a step says of itself.
void describe(Tape& tape, const PlannedStep& planned, Step& step) {
  for (const Index id : planned.calls) {
    step.calls.push_back(describe(tape, id));
    step.label += text::concat(step.label.empty() ? "" : " + ", step.calls.back().op->name());
    step.multiply_adds += step.calls.back().multiply_adds;
  }
  step.label += text::concat(" ", step.calls.back().type.shape);
}

}  // namespace

double Step::bytes() const {
  double total = 0.0;
  for (const Array& y : outputs) total += static_cast<double>(y.type().bytes());
  std::unordered_set<Index> seen;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (seen.insert(holders[i]).second) total += static_cast<double>(inputs[i].type().bytes());
  }
  return total;
}

void Step::run(Context& context) {
  if (leaf_group >= 0) {
    throw Error(text::concat("program: step \"", label,
                             "\" is run leaf by leaf with others; it cannot be run by itself"));
  }
  const internal::FlushDenormals flush;
  if (op != nullptr) {
    op->forward(context, inputs, outputs[0]);
  } else {
    fused->forward(context, inputs, outputs);
  }
}

Program::Program(Context& context, std::span<const Var> inputs, std::span<const Var> outputs,
                 const ProgramOptions& options)
    : context_(&context) {
  if (outputs.empty()) throw Error("program: needs at least one output");
  Tape& tape = outputs[0].tape();
  Plan plan(tape, outputs, entries(tape, inputs, outputs));
  for (const Var& x : inputs) {
    const auto k = static_cast<size_t>(x.id());
    const Node& leaf = tape.node(x.id());
    if (leaf.op != nullptr || leaf.value.has_data()) {
      throw Error("program: an input must be a placeholder, a leaf without numbers");
    }
    if (plan.arrays[k].has_data()) {
      throw Error(
          text::concat("program: placeholder \"", tape.name_of(x.id()), "\" is an input twice"));
    }
    inputs_.push_back(Array::zeros(x.type()));
    plan.arrays[k] = inputs_.back();
  }
  plan.make_steps(outputs);
  if (options.fuse) plan.join();

  const Layout layout(plan, options.batch, options.collective);
  const internal::ArenaPlan places = internal::plan_arena(layout.lifetimes());
  arena_bytes_ = places.bytes;
  if (options.lender != nullptr && options.lender->arena_capacity_ >= arena_bytes_) {
    arena_ = options.lender->arena_;
    arena_capacity_ = options.lender->arena_capacity_;
  } else {
    auto block = std::make_shared<Array>(
        Array::uninitialized({Shape{static_cast<Index>((arena_bytes_ + 7) / 8)}, DType::f64}));
    arena_ = std::shared_ptr<void>(block, block->raw());
    arena_capacity_ = arena_bytes_;
  }

  // The same layouts on real memory: places for the outputs of steps, then views of them. Values of
  // one leaf at a time keep their stand-ins.
  std::vector<int> producer(plan.needed.size(), -1);
  std::vector<size_t> order;  // of the plan's steps
  size_t leaf_groups = 0;
  size_t place = 0;
  steps_.reserve(plan.steps.size());
  for (const StepGroup& group : layout.groups()) {
    for (const size_t j : group.steps) {
      const PlannedStep& planned = plan.steps[j];
      Step step;
      step.op = planned.op;
      step.fused = planned.fused;
      for (size_t i = 0; i < planned.outputs.size(); ++i) {
        const Index id = planned.outputs[i];
        producer[static_cast<size_t>(id)] = static_cast<int>(steps_.size());
        if (!layout.kept(id)) {
          step.own_outputs |= 1U << i;
          step.offsets.push_back(0);
          continue;
        }
        const std::size_t offset = places.offsets[place++];
        plan.arrays[static_cast<size_t>(id)] =
            Array::wrap(static_cast<std::byte*>(arena_.get()) + offset, tape.node(id).type, arena_);
        step.offsets.push_back(offset);
      }
      describe(tape, planned, step);
      if (group.by_leaves) step.leaf_group = static_cast<int>(leaf_groups);
      steps_.push_back(std::move(step));
      order.push_back(j);
    }
    leaf_groups += group.by_leaves ? 1 : 0;
  }
  for (size_t k = 0; k < plan.needed.size(); ++k) {
    const Node& call = tape.node(static_cast<Index>(k));
    if (plan.needed[k] && plan.holder[k] != static_cast<Index>(k)) {
      plan.arrays[k] = *plan.view_of(call);
    }
  }
  leaf_runs_ = layout.leaf_runs(context);
  for (size_t s = 0; s < steps_.size(); ++s) {
    Step& step = steps_[s];
    const PlannedStep& planned = plan.steps[order[s]];
    step.inputs = plan.arrays_of(planned.inputs);
    step.outputs = plan.arrays_of(planned.outputs);
    step.output_ids = planned.outputs;
    for (const Index id : planned.inputs) {
      const Index holder = plan.holder[static_cast<size_t>(id)];
      step.holders.push_back(holder);
      step.producers.push_back(producer[static_cast<size_t>(holder)]);
      step.input_names.push_back(tape.name_of(holder));
    }
  }
  for (const Var& y : outputs) outputs_.push_back(plan.arrays[static_cast<size_t>(y.id())]);
  for (const Var& x : inputs) {
    const internal::Share read = layout.examples_read(x.id());
    examples_read_.push_back({read.first, read.end - read.first});
  }
  if (options.collective == nullptr) return;
  for (const Step& step : steps_) {
    std::vector<Exchanged>& waits = waits_.emplace_back();
    for (size_t i = 0; i < step.producers.size(); ++i) {
      if (step.producers[i] < 0) continue;
      const int group = steps_[static_cast<size_t>(step.producers[i])].leaf_group;
      if (group < 0 || group == step.leaf_group) continue;
      waits.push_back({group, layout.is_sum(step.holders[i])});
    }
  }
}

Array& Program::input(size_t i) {
  if (i >= inputs_.size()) {
    throw Error(text::concat("program: there is no input ", i, "; it has ", inputs_.size()));
  }
  return inputs_[i];
}

const Array& Program::output(size_t i) const {
  if (i >= outputs_.size()) {
    throw Error(text::concat("program: there is no output ", i, "; it has ", outputs_.size()));
  }
  return outputs_[i];
}

ExampleRange Program::examples_read(size_t i) const {
  if (i >= inputs_.size()) {
    throw Error(text::concat("program: there is no input ", i, "; it has ", inputs_.size()));
  }
  return examples_read_[i];
}

Context& Program::context() const {
  if (outputs_.empty()) throw Error("program: it was moved from");
  return *context_;
}

template <typename Each>
void Program::run_steps(Each each) {
  for (size_t i = 0; i < steps_.size();) {
    size_t end = i + 1;
    const int group = steps_[i].leaf_group;
    while (group >= 0 && end < steps_.size() && steps_[end].leaf_group == group) ++end;
    if (!waits_.empty()) {
      for (size_t k = i; k < end; ++k)
        std::ranges::for_each(waits_[k], [&](const Exchanged& e) { finish(e); });
    }
    each(i, end);
    i = end;
  }
}

void Program::finish(const Exchanged& exchanged) {
  internal::LeafRun& group = *leaf_runs_[static_cast<size_t>(exchanged.group)];
  exchanged.sum ? group.finish_sums() : group.finish_rows();
}

void Program::finish_all() {
  for (const auto& group : leaf_runs_) {
    group->finish_rows();
    group->finish_sums();
  }
}

void Program::run() {
  run(true);
}

void Program::run(bool exchange) {
  Context& context = this->context();
  const internal::FlushDenormals flush;
  run_steps([&](size_t i, size_t) {
    if (steps_[i].leaf_group < 0) return steps_[i].run(context);
    leaf_runs_[static_cast<size_t>(steps_[i].leaf_group)]->run(context, {}, exchange);
  });
  finish_all();
}

void Program::rehearse() {
  struct Rehearsal {
    Context& context;
    explicit Rehearsal(Context& c) : context(c) { context.set_rehearsing(true); }
    ~Rehearsal() { context.set_rehearsing(false); }
  } rehearsal(context());
  run(false);
}

void Program::run_timed(std::span<double> seconds) {
  using Clock = std::chrono::steady_clock;
  Context& context = this->context();
  const internal::FlushDenormals flush;
  auto before = Clock::now();
  if (seconds.size() < steps_.size()) {
    throw Error(text::concat("run_timed: room for the seconds of ", seconds.size(),
                             " steps, but the program has ", steps_.size()));
  }
  run_steps([&](size_t i, size_t end) {
    if (const int group = steps_[i].leaf_group; group >= 0) {
      leaf_runs_[static_cast<size_t>(group)]->run(context, seconds.subspan(i, end - i));
      before = Clock::now();
      return;
    }
    steps_[i].run(context);
    const auto now = Clock::now();
    seconds[i] += std::chrono::duration<double>(now - before).count();
    before = now;
  });
  finish_all();
}

std::size_t Program::leaf_bytes() const {
  if (leaf_runs_.empty()) return 0;
  std::size_t total = leaf_runs_.front()->shared_bytes();
  for (const auto& run : leaf_runs_) total += run->more_bytes();
  return total;
}

std::size_t Program::unshared_bytes() const {
  std::size_t total = 0;
  for (const Step& step : steps_) {
    for (const Array& y : step.outputs) total += y.type().bytes();
  }
  return total;
}

double Program::multiply_adds() const {
  double total = 0.0;
  for (const Step& step : steps_) total += step.multiply_adds;
  return total;
}

}  // namespace autonet
