#include "train/step.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/fusion.h"
#include "autonet/text/concat.h"
#include "autonet/train/weights.h"
#include "train/check_images.h"

namespace autonet::internal {

ModelProgram::ModelProgram(const Model& model, Context& context, Index batch, Model::Mode mode,
                           const Weights& weights, std::uint64_t seed, const ModelProgram* lender)
    : model_(model), batch_(batch) {
  check_weights(model, weights, "running the model");
  Tape tape(&context);
  const Shape& image = model.image_shape();
  const DType dtype = model.training().precision;
  const Var x = tape.placeholder({{batch, image[0], image[1], image[2]}, dtype}, "images");
  const Var labels = tape.placeholder({{batch}, dtype}, "labels");
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
  const Var loss = model.loss(recorded.output, labels);
  std::vector<Var> outputs{recorded.output, loss};
  if (mode == Model::Mode::training) {
    for (const Var& bar : grad(loss, parameters)) outputs.push_back(bar);
    for (const Var& state : recorded.new_states) outputs.push_back(state);
  }
  const std::vector<Var> inputs{x, labels, step};
  const ProgramOptions options{fusions(), lender == nullptr ? nullptr : lender->program_.get()};
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

/// Copies the images and labels of a batch into the inputs of a program.
template <typename T>
void gather(const Images& images, std::span<const Index> indices, Array& inputs, Array& targets) {
  const Index size = images.image_size();
  T* x = inputs.data<T>();
  T* labels = targets.data<T>();
  for (size_t n = 0; n < indices.size(); ++n) {
    const auto index = static_cast<size_t>(indices[n]);
    std::copy_n(images.pixels.data() + index * static_cast<size_t>(size), size,
                x + static_cast<Index>(n) * size);
    labels[n] = static_cast<T>(images.labels[index]);
  }
}

}  // namespace

BatchResult ModelProgram::run(const Images& images, std::span<const Index> indices, Index step) {
  check_image_shape(model_, images, "running the model");
  if (std::ssize(indices) != batch_) {
    throw Error(text::concat("running the model: ", std::ssize(indices), " indices for a batch of ",
                             batch_, " images"));
  }
  for (const Index index : indices) {
    if (index < 0 || index >= images.count) {
      throw Error(text::concat("running the model: index ", index, " is outside the ", images.count,
                               " images"));
    }
  }
  Array& x = program_->input(0);
  Array& labels = program_->input(1);
  const bool f32 = x.dtype() == DType::f32;
  f32 ? gather<float>(images, indices, x, labels) : gather<double>(images, indices, x, labels);
  program_->input(2).fill(static_cast<double>(step));
  program_->run();
  return {loss_.item(), f32 ? count_correct(output_, labels.data<float>())
                            : count_correct(output_, labels.data<double>())};
}

}  // namespace autonet::internal
