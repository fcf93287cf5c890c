#include "autograd/program.h"

#include <algorithm>
#include <unordered_map>

#include "autograd/arena.h"
#include "autograd/error.h"
#include "autograd/tape.h"

namespace autonet {

/// What planning knows of each entry of the tape, indexed by its id.
struct Program::Plan {
  Tape& tape;
  std::vector<bool> needed;
  std::vector<Index> storage;     // the entry whose buffer holds the numbers (itself, or a view's)
  std::vector<std::size_t> last;  // the last step that reads the buffer of this entry
  std::vector<Array> arrays;      // the numbers' place
  std::vector<Index> calls;       // needed calls that are no views, in order

  Plan(Tape& recorded, Index size)
      : tape(recorded),
        needed(static_cast<size_t>(size), false),
        storage(static_cast<size_t>(size), -1),
        last(static_cast<size_t>(size), 0),
        arrays(static_cast<size_t>(size)) {}

  std::vector<Array> arguments(const Node& call) const {
    std::vector<Array> arrays_of_inputs;
    for (int i = 0; i < call.input_count; ++i) {
      arrays_of_inputs.push_back(arrays[static_cast<size_t>(tape.input(call, i))]);
    }
    return arrays_of_inputs;
  }

  std::optional<Array> view_of(const Node& call) const {
    if (call.input_count != 1) return std::nullopt;
    return call.op->view(arrays[static_cast<size_t>(tape.input(call, 0))]);
  }
};

Program::Program(Context& context, std::span<const Var> inputs, std::span<const Var> outputs,
                 const Program* lender)
    : context_(context) {
  if (outputs.empty()) throw Error("program: needs at least one output");
  Tape& tape = outputs[0].tape();
  Index size = 0;
  for (const Var& y : outputs) {
    if (&y.tape() != &tape) throw Error("program: the outputs lie on different tapes");
    size = std::max(size, y.id() + 1);
  }
  for (const Var& x : inputs) {
    if (&x.tape() != &tape) throw Error("program: an input lies on another tape");
    size = std::max(size, x.id() + 1);
  }
  Plan plan(tape, size);

  // Which entries do the outputs need?
  for (const Var& y : outputs) plan.needed[static_cast<size_t>(y.id())] = true;
  for (Index id = size - 1; id >= 0; --id) {
    const Node& call = tape.node(id);
    if (!plan.needed[static_cast<size_t>(id)]) continue;
    for (int i = 0; i < call.input_count; ++i) {
      plan.needed[static_cast<size_t>(tape.input(call, i))] = true;
    }
  }

  for (const Var& x : inputs) {
    const auto k = static_cast<size_t>(x.id());
    const Node& leaf = tape.node(x.id());
    if (leaf.op != nullptr || leaf.value.has_data()) {
      throw Error("program: an input must be a placeholder, a leaf without numbers");
    }
    if (plan.arrays[k].has_data()) {
      throw Error("program: placeholder \"" + tape.name_of(x.id()) + "\" is an input twice");
    }
    inputs_.push_back(Array::zeros(x.type()));
    plan.arrays[k] = inputs_.back();
  }

  // First pass, on stand-in arrays without memory: which calls are views, and how long does each
  // buffer live? Layouts alone decide that, and they are the same in the second pass.
  for (Index id = 0; id < size; ++id) {
    const auto k = static_cast<size_t>(id);
    if (!plan.needed[k]) continue;
    const Node& call = tape.node(id);
    if (call.op == nullptr) {
      if (plan.arrays[k].has_data()) continue;
      if (!call.value.has_data()) {
        throw Error("program: placeholder \"" + tape.name_of(id) + "\" " + call.type.shape.str() +
                    " is needed but is not among the inputs");
      }
      plan.arrays[k] = call.value;
      continue;
    }
    for (int i = 0; i < call.input_count; ++i) {
      const Index from = plan.storage[static_cast<size_t>(tape.input(call, i))];
      if (from >= 0) plan.last[static_cast<size_t>(from)] = plan.calls.size();
    }
    if (auto view = plan.view_of(call)) {
      plan.arrays[k] = *view;
      plan.storage[k] = plan.storage[static_cast<size_t>(tape.input(call, 0))];
    } else {
      alignas(64) static std::byte stand_in[64];  // never read: layouts only
      plan.arrays[k] = Array::wrap(stand_in, call.type, nullptr);
      plan.storage[k] = id;
      plan.last[k] = plan.calls.size();
      plan.calls.push_back(id);
    }
  }
  for (const Var& y : outputs) {
    const Index from = plan.storage[static_cast<size_t>(y.id())];
    if (from >= 0) plan.last[static_cast<size_t>(from)] = plan.calls.size();
  }

  std::vector<Lifetime> buffers;
  for (size_t step = 0; step < plan.calls.size(); ++step) {
    const Index id = plan.calls[step];
    buffers.push_back({tape.node(id).type.bytes(), step, plan.last[static_cast<size_t>(id)]});
  }
  const ArenaPlan places = plan_arena(buffers);
  arena_bytes_ = places.bytes;
  if (lender != nullptr && lender->arena_capacity_ >= arena_bytes_) {
    arena_ = lender->arena_;
    arena_capacity_ = lender->arena_capacity_;
  } else {
    const Array block =
        Array::uninitialized({Shape{static_cast<Index>((arena_bytes_ + 7) / 8)}, DType::f64});
    arena_ = std::make_shared<Array>(block);
    arena_ = std::shared_ptr<void>(arena_, std::static_pointer_cast<Array>(arena_)->raw());
    arena_capacity_ = arena_bytes_;
  }

  // Second pass: the same decisions on real memory.
  size_t step = 0;
  for (Index id = 0; id < size; ++id) {
    const auto k = static_cast<size_t>(id);
    const Node& call = tape.node(id);
    if (!plan.needed[k] || call.op == nullptr) continue;
    if (plan.storage[k] != id) {
      plan.arrays[k] = *plan.view_of(call);
      continue;
    }
    std::byte* place = static_cast<std::byte*>(arena_.get()) + places.offsets[step];
    plan.arrays[k] = Array::wrap(place, call.type, arena_);
    Step planned;
    planned.op = call.op;
    planned.inputs = plan.arguments(call);
    planned.output = plan.arrays[k];
    planned.label = std::string(call.op->name()) + " " + call.type.shape.str();
    std::vector<ArrayType> types;
    for (const Array& x : planned.inputs) types.push_back(x.type());
    planned.multiply_adds = call.op->multiply_adds(types, call.type);
    steps_.push_back(std::move(planned));
    ++step;
  }
  for (const Var& y : outputs) outputs_.push_back(plan.arrays[static_cast<size_t>(y.id())]);
}

void Program::run() {
  for (Step& step : steps_) step.op->forward(context_, step.inputs, step.output);
}

double Program::multiply_adds() const {
  double total = 0.0;
  for (const Step& step : steps_) total += step.multiply_adds;
  return total;
}

}  // namespace autonet
