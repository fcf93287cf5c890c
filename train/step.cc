#include "train/step.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"
#include "autonet/train/weights.h"

namespace autonet::internal {
ModelProgram::ModelProgram(const Model& model, Context& context, Index batch, Model::Mode mode,
                           const Weights& weights, std::uint64_t seed, const ModelProgram* lender,
                           const ImageViews& views, Collective* collective)
    : model_(model), context_(context), batch_(batch), seed_(seed) {
  check_weights(model, weights, "running the model");
  Tape tape(context);
  const DType dtype = model.training().precision;
  const Var x = tape.placeholder({model.batch_shape(batch), dtype}, "inputs");
  const Var targets = tape.placeholder(target_type(model, batch, mode), "targets");
  const Var step = tape.placeholder({{}, DType::f64}, "step");
  std::vector<Var> parameters;
  for (size_t i = 0; i < weights.parameters.size(); ++i) {
    parameters.push_back(tape.variable(weights.parameters[i], model.parameters()[i].name));
  }
  std::vector<Var> states;
  for (size_t i = 0; i < weights.states.size(); ++i) {
    states.push_back(tape.variable(weights.states[i], model.states()[i].name));
  }
  const bool training = mode == Model::Mode::training;
  Recorded recorded;
  if (training) {
    recorded = model.record(x, parameters, states, mode, step, seed);
  } else {
    recorded.output = record_views(model, x, parameters, states, step, views);
  }
  const Var loss = model.loss(recorded.output, targets);
  std::vector<Var> outputs{recorded.output, loss};
  if (training) {
    for (const Var& bar : grad(loss, parameters)) outputs.push_back(bar);
    for (const Var& state : recorded.new_states) outputs.push_back(state);
  }
  const std::vector<Var> inputs{x, targets, step};
  const ProgramOptions options{.lender = lender == nullptr ? nullptr : lender->program_.get(),
                               .batch = std::span(inputs).first(2),
                               .collective = collective};
  program_ = std::make_unique<Program>(context, inputs, outputs, options);
  batch_inputs_ = {.inputs = program_->input(0), .targets = program_->input(1)};
  if (collective != nullptr) batch_inputs_.needed = program_->examples_read(0);
  batch_inputs_.rows.reserve(static_cast<size_t>(batch));
  output_ = program_->output(0);
  loss_ = program_->output(1);
  for (size_t i = 2; i < outputs.size(); ++i) {
    (i < 2 + parameters.size() ? gradients_ : new_states_).push_back(program_->output(i));
  }
}

namespace {

/// The number of images whose label is the class of the first largest output. Targets are labels
/// [N] or [N,classes]; the label is then the class of the first largest target.
template <typename T>
Index count_correct(const Array& output, const Array& targets) {
  const Index images = output.shape()[0];
  const Index classes = output.shape()[1];
  const Index row_step = output.stride(0);
  const Index step = output.stride(1);
  const T* logits = output.data<T>();
  const T* target = targets.data<T>();
  Index correct = 0;
  for (Index n = 0; n < images; ++n, logits += row_step) {
    Index best = 0;
    for (Index k = 1; k < classes; ++k) {
      if (logits[k * step] > logits[best * step]) best = k;
    }
    if (targets.rank() == 1) {
      correct += best == static_cast<Index>(*target++);
    } else {
      correct += best == std::max_element(target, target + classes) - target;
      target += classes;
    }
  }
  return correct;
}

/// The sum of the squared differences of two arrays [N,outputs], the second of them contiguous.
template <typename T>
double squared_errors(const Array& output, const T* targets) {
  double sum = 0.0;
  for (Index n = 0; n < output.shape()[0]; ++n) {
    const T* row = output.data<T>() + n * output.stride(0);
    for (Index k = 0; k < output.shape()[1]; ++k) {
      const double error = double{row[k * output.stride(1)]} - double{*targets++};
      sum += error * error;
    }
  }
  return sum;
}

}  // namespace

BatchResult ModelProgram::run(const Examples& examples, std::span<const Index> indices, Index step,
                              std::optional<Index> epoch) {
  if (std::ssize(indices) != batch_) {
    throw Error(text::concat("running the model: ", std::ssize(indices), " indices for a batch of ",
                             batch_, " examples"));
  }
  std::optional<BatchChanges> changes;
  if (epoch) changes = {.seed = seed_, .epoch = *epoch, .step = step};
  prepare_batch(model_, context_, examples, indices, changes, batch_inputs_);
  return run_prepared(step);
}

BatchResult ModelProgram::run(const PreparedBatch& prepared, Index step) {
  const ExampleRange read = program_->examples_read(0);
  batch_inputs_.inputs.slice(0, read.first, read.count)
      .copy_from(prepared.inputs.slice(0, read.first, read.count));
  batch_inputs_.targets.copy_from(prepared.targets);
  return run_prepared(step);
}

BatchResult ModelProgram::run_prepared(Index step) {
  const Array& targets = program_->input(1);
  program_->input(2).fill(static_cast<double>(step));
  program_->run();
  const bool f32 = targets.dtype() == DType::f32;
  BatchResult result{.loss = loss_.item()};
  if (model_.classes() > 0) {
    result.correct =
        f32 ? count_correct<float>(output_, targets) : count_correct<double>(output_, targets);
  } else {
    result.squares = f32 ? squared_errors(output_, targets.data<float>())
                         : squared_errors(output_, targets.data<double>());
  }
  return result;
}

}  // namespace autonet::internal
