#include "autonet/train/check_model.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "data/table.h"
#include "train/check_images.h"
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
  Optimizer optimizer = internal::optimizer_for(model, weights);
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

/// Adds small random numbers to the biases.
void shift_biases(const Model& model, std::uint64_t seed, std::vector<Array>& weights) {
  constexpr double kShift = 0.05;
  for (size_t i = 0; i < weights.size(); ++i) {
    const std::string& name = model.parameters()[i].name;
    if (!name.ends_with("/bias")) continue;
    Random random(seed, stream_of(("check_grad/" + name).c_str()));
    for (Index k = 0; k < weights[i].size(); ++k) {
      weights[i].data<double>()[k] += kShift * random.normal();
    }
  }
}

/// The loss as a function of the images, if `images` is empty, and of all parameters.
Recording loss_of(const Model& model, Model::Mode mode, const Array& images, const Array& labels,
                  const std::vector<Array>& states) {
  return [model, mode, images, labels, states](Tape& tape, std::span<const Var> xs) {
    const DType precision = xs[0].dtype();
    std::vector<Var> statistics;
    for (const Array& state : states) statistics.push_back(tape.constant(state.to(precision)));
    const Var step =
        tape.constant(Array::scalar(1.0, DType::f64));  // keeps dropout's masks the same
    const bool given = images.has_data();
    const Var x = given ? tape.constant(images.to(precision)) : xs[0];
    const Recorded recorded = model.record(x, given ? xs : xs.subspan(1), statistics, mode, step);
    return model.loss(recorded.output, tape.constant(labels.to(precision)));
  };
}

/// The first images of a set, and their labels, in f64.
std::pair<Array, Array> first_of(const Images& images, Index count) {
  const auto numbers = static_cast<size_t>(count * images.image_size());
  Array x = Array::from<float>({count, images.rows, images.cols, images.channels},
                               std::span<const float>(images.pixels).first(numbers))
                .to(DType::f64);
  Array labels = Array::uninitialized({Shape{count}, DType::f64});
  for (Index n = 0; n < count; ++n) {
    labels.data<double>()[n] = images.labels[static_cast<size_t>(n)];
  }
  return {x, labels};
}

/// The images of the last batch of an epoch, if it has fewer than the others; else 0.
Index partial_batch(const Model& model, const Images* images) {
  Index count = images == nullptr ? 0 : images->count;
  if (images == nullptr && !model.data().dataset.empty()) {
    const DataSpec& data = model.data();
    const Index all = internal::find_dataset(data.dataset).train_count;
    count = std::min(all, data.limit.value_or(all)) - data.validation;
  }
  return std::max<Index>(0, count) % model.training().batch_size;
}

std::vector<OtherUse> uses_of(const Model& model, const CheckPlaceOptions& options,
                              const std::vector<Array>& weights, std::vector<Array> states) {
  std::vector<OtherUse> uses;
  const auto add = [&](const std::string& name, Model::Mode mode, Index batch) {
    const bool enough = options.images != nullptr && options.images->count >= batch;
    const auto [x, labels] = first_of(
        enough ? *options.images : internal::random_images(model, batch, options.seed), batch);
    uses.push_back({.name = name,
                    .f = loss_of(model, mode, x, labels, states),
                    .points = weights,
                    .gradient = mode == Model::Mode::training});
  };
  const Index batch = model.training().batch_size;
  if (batch != options.batch) add(text::concat("batch of ", batch), Model::Mode::training, batch);
  const Index rest = partial_batch(model, options.images);
  if (rest > 0 && rest != options.batch) {
    add(text::concat("batch of ", rest), Model::Mode::training, rest);
  }
  // Statistics away from 0 and 1, where a mistake in their use would not show.
  Random random(options.seed, stream_of("check_grad/states"));
  for (Array& state : states) {
    for (Index k = 0; k < state.size(); ++k) {
      double& number = state.data<double>()[k];
      number += random.uniform(0.0, 0.5) * (number + 0.01);
    }
  }
  add("evaluation", Model::Mode::evaluation, options.batch);
  return uses;
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
    weights = internal::copy_of(*options.weights, dtype);
  } else {
    weights = model.initial_weights(dtype, options.seed);
    if (!train) shift_biases(model, options.seed, weights.parameters);
  }
  if (train) burn_in(model, images, options, context, weights);

  for (Array& state : weights.states) state = state.to(DType::f64).clone();

  const auto [x, labels] = first_of(images, options.batch);
  ModelUnderCheck check;
  check.points.push_back(x);
  check.names.push_back("input");
  for (size_t i = 0; i < weights.parameters.size(); ++i) {
    check.points.push_back(weights.parameters[i].to(DType::f64));
    check.names.push_back(model.parameters()[i].name);
  }
  check.loss = loss_of(model, Model::Mode::training, {}, labels, weights.states);
  check.uses =
      uses_of(model, options, {check.points.begin() + 1, check.points.end()}, weights.states);
  return check;
}

}  // namespace autonet
