#include "autonet/train/check_model.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "train/check_images.h"
#include "train/optimizer.h"
#include "train/random_images.h"
#include "train/step.h"

namespace autonet {
namespace {

using internal::ModelProgram;

/// Trains the weights for some steps; after the last image comes the first again.
void burn_in(const Model& model, const Images& images, const CheckPlaceOptions& options,
             Context& context, Weights& weights) {
  const TrainingSettings& settings = model.training();
  const Index batch = std::min(settings.batch_size, images.count);
  ModelProgram program(model, context, batch, Model::Mode::training, weights, options.seed);
  internal::Optimizer optimizer(settings.optimizer, settings.l2_decay, model.parameters(),
                                weights.parameters);
  for (Index step = 0; step < options.burn_in; ++step) {
    std::vector<Index> order(static_cast<size_t>(batch));
    for (Index k = 0; k < batch; ++k) {
      order[static_cast<size_t>(k)] = (step * batch + k) % images.count;
    }
    const internal::BatchResult result = program.run(images, order, step);
    size_t bad = 0;
    if (!std::isfinite(result.loss) ||
        !optimizer.update(context, weights.parameters, program.gradients(),
                          settings.optimizer.learning_rate, step + 1, bad)) {
      throw Error(text::concat("check_grad: the loss or a gradient is not finite at step ",
                               step + 1, " of the burn-in; take fewer steps"));
    }
    for (size_t i = 0; i < weights.states.size(); ++i)
      weights.states[i].copy_from(program.new_states()[i]);
  }
}

}  // namespace

ModelUnderCheck model_under_check(const Model& model, const CheckPlaceOptions& options,
                                  Context& context) {
  if (options.batch < 1) {
    throw Error(
        text::concat("check_grad: the batch must have at least one image, got ", options.batch));
  }
  if (options.images != nullptr) {
    internal::check_images(model, *options.images, "check_grad");
    if (options.images->count < options.batch) {
      throw DataError(text::concat("check_grad: there are ", options.images->count,
                                   " images, fewer than the batch of ", options.batch));
    }
  }
  constexpr double kMostNumbers = 1e9;
  const double wanted =
      static_cast<double>(options.batch) * static_cast<double>(model.image_shape().size());
  if (wanted > kMostNumbers) {
    throw Error(text::concat("check_grad: ", options.batch, " images of ", model.image_shape(),
                             " are more than a check can hold; take a smaller batch"));
  }
  const Images made = options.images != nullptr
                          ? Images{}
                          : internal::random_images(model, options.batch, options.seed);
  const Images& images = options.images != nullptr ? *options.images : made;

  const bool train = options.burn_in > 0;
  const DType dtype = train ? model.training().precision : DType::f64;
  Weights weights;
  if (options.weights != nullptr) {
    internal::check_weights(model, *options.weights, "check_grad");
    for (const Array& array : options.weights->parameters)
      weights.parameters.push_back(array.to(dtype).clone());
    for (const Array& array : options.weights->states)
      weights.states.push_back(array.to(dtype).clone());
  } else {
    weights = model.initial_weights(dtype, options.seed);
  }
  if (train) burn_in(model, images, options, context, weights);

  ModelUnderCheck check;
  const Shape& shape = model.image_shape();
  const auto numbers = static_cast<size_t>(options.batch * images.image_size());
  check.points.push_back(Array::from<float>({options.batch, shape[0], shape[1], shape[2]},
                                            std::span<const float>(images.pixels).first(numbers))
                             .to(DType::f64));
  check.names.push_back("input");
  for (size_t i = 0; i < weights.parameters.size(); ++i) {
    check.points.push_back(weights.parameters[i].to(DType::f64));
    check.names.push_back(model.parameters()[i].name);
  }
  Array labels = Array::uninitialized({Shape{options.batch}, DType::f64});
  for (Index n = 0; n < options.batch; ++n) {
    labels.data<double>()[n] = images.labels[static_cast<size_t>(n)];
  }
  check.loss = [model, states = weights.states, labels](Tape& tape, std::span<const Var> xs) {
    const DType precision = xs[0].dtype();
    std::vector<Var> statistics;
    for (const Array& state : states) statistics.push_back(tape.constant(state.to(precision)));
    const Var step =
        tape.constant(Array::scalar(1.0, DType::f64));  // keeps dropout's masks the same
    const Recorded recorded =
        model.record(xs[0], xs.subspan(1), statistics, Model::Mode::training, step);
    return model.loss(recorded.output, tape.constant(labels.to(precision)));
  };
  return check;
}

}  // namespace autonet
