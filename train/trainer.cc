#include "autonet/train/trainer.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/text/concat.h"
#include "check/vectors.h"

namespace autonet {
namespace {

/// A step planned for inputs of these types. Its outputs are the loss, then the gradients.
struct PlannedLoss {
  std::vector<ArrayType> types;
  std::vector<Array> parameters;
  std::vector<Array> gradients;
  Program program;
};

/// Which input holds a number that is not finite, and where; else what to try.
std::string not_finite_in(List<Array> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::optional<Index> bad = internal::first_not_finite(inputs[i]);
    if (!bad) continue;
    const std::vector<Index> position = internal::position_of(*bad, inputs[i].shape());
    return text::concat("input ", i, " ", inputs[i].shape(), " holds ", inputs[i].at(position),
                        " at ", internal::position_text(*bad, inputs[i].shape()));
  }
  return "the inputs are finite, so try a smaller learning rate";
}

}  // namespace

struct Trainer::State {
  PlannedLoss& planned_for(List<Array> inputs);
  PlannedLoss plan(const std::vector<ArrayType>& types);

  Context& context;
  Parameters& parameters;
  Optimizer optimizer;
  Erased loss;
  std::vector<PlannedLoss> planned = {};
};

PlannedLoss Trainer::State::plan(const std::vector<ArrayType>& types) {
  Tape tape(context);
  std::vector<Var> inputs;
  inputs.reserve(types.size());
  for (const ArrayType& type : types)
    inputs.push_back(tape.placeholder(type, text::concat("input ", inputs.size())));
  std::vector<Var> outputs{loss(inputs)};
  const std::vector<Var> leaves = parameters.leaves(tape);
  if (leaves.empty()) throw Error("trainer: the loss uses none of the parameters");
  if (leaves.size() != parameters.arrays().size())
    throw Error("trainer: the loss does not use all of the parameters");
  for (const Var& bar : grad(outputs[0], leaves)) outputs.push_back(bar);
  Program program(context, inputs, outputs);
  std::vector<Array> gradients;
  for (size_t i = 1; i < outputs.size(); ++i) gradients.push_back(program.output(i));
  return {.types = types,
          .parameters = parameters.arrays(),
          .gradients = std::move(gradients),
          .program = std::move(program)};
}

PlannedLoss& Trainer::State::planned_for(List<Array> inputs) {
  const auto fits = [&](const PlannedLoss& candidate) {
    return std::ranges::equal(candidate.types, inputs, {}, {}, &Array::type);
  };
  const auto found = std::ranges::find_if(planned, fits);
  if (found != planned.end()) return *found;
  std::vector<ArrayType> types;
  for (const Array& input : inputs) types.push_back(input.type());
  planned.push_back(plan(types));
  return planned.back();
}

Trainer::Trainer(Context& context, Parameters& parameters, const OptimizerSettings& optimizer,
                 Erased loss)
    : state_(new State{.context = context,
                       .parameters = parameters,
                       .optimizer = Optimizer(optimizer),
                       .loss = std::move(loss)}) {}
Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;

Trainer::State& Trainer::state() {
  if (state_ == nullptr) throw Error("trainer: it was moved from");
  return *state_;
}

void Trainer::check_count(size_t given, size_t taken) {
  if (given == taken) return;
  throw Error(
      text::concat("trainer: the loss takes ", taken, " inputs, but ", given, " were given"));
}

double Trainer::step(List<Array> inputs) {
  State& state = this->state();
  PlannedLoss& planned = state.planned_for(inputs);
  for (size_t i = 0; i < inputs.size(); ++i) planned.program.input(i).copy_from(inputs[i]);
  planned.program.run();
  const double loss = planned.program.output(0).item();
  if (!std::isfinite(loss)) {
    throw Error(text::concat("trainer: the loss is ", loss, "; ", not_finite_in(inputs)));
  }
  state.optimizer.step(state.context, planned.parameters, planned.gradients);
  return loss;
}

Optimizer& Trainer::optimizer() {
  return state().optimizer;
}

}  // namespace autonet
