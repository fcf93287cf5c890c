#include "train/step.h"

#include <algorithm>
#include <type_traits>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"
#include "autonet/train/weights.h"
#include "data/augment.h"
#include "data/mapped_file.h"
#include "train/check_examples.h"

namespace autonet::internal {

ModelProgram::ModelProgram(const Model& model, Context& context, Index batch, Model::Mode mode,
                           const Weights& weights, std::uint64_t seed, const ModelProgram* lender)
    : model_(model), context_(context), batch_(batch), seed_(seed) {
  check_weights(model, weights, "running the model");
  rows_.reserve(static_cast<size_t>(batch));
  Tape tape(context);
  const DType dtype = model.training().precision;
  const Var x = tape.placeholder({model.batch_shape(batch), dtype}, "inputs");
  const bool classes = model.classes() > 0;
  const Var targets =
      tape.placeholder({classes ? Shape{batch} : Shape{batch, model.outputs()}, dtype}, "targets");
  const Var step = tape.placeholder({{}, DType::f64}, "step");
  std::vector<Var> parameters;
  for (size_t i = 0; i < weights.parameters.size(); ++i) {
    parameters.push_back(tape.variable(weights.parameters[i], model.parameters()[i].name));
  }
  std::vector<Var> states;
  for (size_t i = 0; i < weights.states.size(); ++i) {
    states.push_back(tape.variable(weights.states[i], model.states()[i].name));
  }
  const Recorded recorded = model.record(x, parameters, states, mode, step, seed);
  const Var loss = model.loss(recorded.output, targets);
  std::vector<Var> outputs{recorded.output, loss};
  if (mode == Model::Mode::training) {
    for (const Var& bar : grad(loss, parameters)) outputs.push_back(bar);
    for (const Var& state : recorded.new_states) outputs.push_back(state);
  }
  const std::vector<Var> inputs{x, targets, step};
  const ProgramOptions options{.lender = lender == nullptr ? nullptr : lender->program_.get()};
  program_ = std::make_unique<Program>(context, inputs, outputs, options);
  output_ = program_->output(0);
  loss_ = program_->output(1);
  for (size_t i = 2; i < outputs.size(); ++i) {
    (i < 2 + parameters.size() ? gradients_ : new_states_).push_back(program_->output(i));
  }
}

namespace {

/// The number of images whose label is the class of the first largest output.
template <typename T>
Index count_correct(const Array& output, const T* labels) {
  const Index images = output.shape()[0];
  const Index classes = output.shape()[1];
  const Index row_step = output.stride(0);
  const Index step = output.stride(1);
  const T* logits = output.data<T>();
  Index correct = 0;
  for (Index n = 0; n < images; ++n, logits += row_step) {
    Index best = 0;
    for (Index k = 1; k < classes; ++k) {
      if (logits[k * step] > logits[best * step]) best = k;
    }
    correct += best == static_cast<Index>(labels[n]);
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

template <typename From, typename To>
void copy_rows(const Array& from, std::span<const Index> rows, Array& to) {
  const Index size = from.size() / from.shape()[0];
  const From* source = from.data<From>();
  To* target = to.data<To>();
  for (const Index row : rows) {
    if constexpr (std::is_same_v<From, To>) {
      target = std::copy_n(source + row * size, size, target);
    } else {
      target = std::transform(source + row * size, source + (row + 1) * size, target,
                              [](From number) { return static_cast<To>(number); });
    }
  }
}

/// Copies these rows of `from` into an input of a program.
void gather(const Array& from, std::span<const Index> rows, Array& to) {
  const Array source = from.contiguous();
  const bool f32 = to.dtype() == DType::f32;
  if (source.dtype() == DType::f32) {
    f32 ? copy_rows<float, float>(source, rows, to) : copy_rows<float, double>(source, rows, to);
  } else {
    f32 ? copy_rows<double, float>(source, rows, to) : copy_rows<double, double>(source, rows, to);
  }
}

}  // namespace

BatchResult ModelProgram::run(const Examples& examples, std::span<const Index> indices, Index step,
                              std::optional<Index> epoch) {
  check_shapes(model_, examples, "running the model");
  if (std::ssize(indices) != batch_) {
    throw Error(text::concat("running the model: ", std::ssize(indices), " indices for a batch of ",
                             batch_, " examples"));
  }
  rows_.clear();
  for (const Index index : indices) {
    if (index < 0 || index >= examples.count()) {
      throw Error(text::concat("running the model: index ", index, " is outside the ",
                               examples.count(), " examples"));
    }
    rows_.push_back(examples.row(index));
  }
  Array& targets = program_->input(1);
  gather(examples.x, rows_, program_->input(0));
  gather(examples.y.numbers(), rows_, targets);
  if (examples.file != nullptr) {
    check_rows(model_, program_->input(0), rows_, "running the model");
    examples.file->have_read(batch_,
                             model_.input_shape().size() * static_cast<Index>(sizeof(float)));
  }
  const AugmentSettings& changes = model_.data().augment;
  if (epoch && changes.any()) {
    augment(context_, changes, seed_, *epoch, indices, program_->input(0));
  }
  program_->input(2).fill(static_cast<double>(step));
  program_->run();
  const bool f32 = targets.dtype() == DType::f32;
  BatchResult result{.loss = loss_.item()};
  if (model_.classes() > 0) {
    result.correct = f32 ? count_correct(output_, targets.data<float>())
                         : count_correct(output_, targets.data<double>());
  } else {
    result.squares = f32 ? squared_errors(output_, targets.data<float>())
                         : squared_errors(output_, targets.data<double>());
  }
  return result;
}

}  // namespace autonet::internal
