#include "autonet/train/check_model.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "data/table.h"
#include "train/check_examples.h"
#include "train/random_examples.h"
#include "train/step.h"

namespace autonet {
namespace {

using internal::ModelProgram;

/// A burn-in without a data set uses noise for so many batches.
constexpr Index kBurnInBatches = 8;

/// Trains the weights for some steps; after the last example comes the first again.
void burn_in(const Model& model, const Examples& examples, const CheckPlaceOptions& options,
             Context& context, Weights& weights) {
  const TrainingSettings& settings = model.training();
  const Index batch = std::min(settings.batch_size, examples.count());
  ModelProgram program(model, context, batch, Model::Mode::training, weights, options.seed);
  Optimizer optimizer = internal::optimizer_for(model, weights);
  for (Index step = 0; step < options.burn_in; ++step) {
    std::vector<Index> order(static_cast<size_t>(batch));
    for (Index k = 0; k < batch; ++k) {
      order[static_cast<size_t>(k)] = (step * batch + k) % examples.count();
    }
    const internal::BatchResult result = program.run(examples, order, step);
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
    if (!name.ends_with("bias")) continue;
    Random random(seed, stream_of(("check_grad/" + name).c_str()));
    for (Index k = 0; k < weights[i].size(); ++k) {
      weights[i].data<double>()[k] += kShift * random.normal();
    }
  }
}

/// The loss as a function of the inputs, if `inputs` is empty, and of all parameters.
Recording loss_of(const Model& model, Model::Mode mode, const Array& inputs, const Array& targets,
                  const std::vector<Array>& states) {
  return [model, mode, inputs, targets, states](Tape& tape, std::span<const Var> xs) {
    const DType precision = xs[0].dtype();
    std::vector<Var> statistics;
    statistics.reserve(states.size());
    for (const Array& state : states) statistics.push_back(tape.constant(state.to(precision)));
    const Var step =
        tape.constant(Array::scalar(1.0, DType::f64));  // keeps dropout's masks the same
    const bool given = inputs.has_data();
    const Var x = given ? tape.constant(inputs.to(precision)) : xs[0];
    const Recorded recorded = model.record(x, given ? xs : xs.subspan(1), statistics, mode, step);
    return model.loss(recorded.output, tape.constant(targets.to(precision)));
  };
}

/// The first inputs and targets, in f64.
std::pair<Array, Array> first_of(const Model& model, const Examples& examples, Index count) {
  const Examples first = internal::piece_of(examples, 0, count);
  const Array y = first.y.numbers().to(DType::f64);
  return {first.x.to(DType::f64), model.classes() > 0 ? y : y.reshape({count, model.outputs()})};
}

/// The examples of the last batch of an epoch, if it has fewer than the others; else 0.
Index partial_batch(const Model& model, const Examples* examples) {
  Index count = examples == nullptr ? 0 : examples->count();
  if (examples == nullptr && !model.data().dataset.empty()) {
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
    const bool enough = options.examples != nullptr && options.examples->count() >= batch;
    const auto [x, targets] = first_of(
        model, enough ? *options.examples : internal::random_examples(model, batch, options.seed),
        batch);
    uses.push_back({.name = name,
                    .f = loss_of(model, mode, x, targets, states),
                    .points = weights,
                    .gradient = mode == Model::Mode::training});
  };
  const Index batch = model.training().batch_size;
  if (batch != options.batch) add(text::concat("batch of ", batch), Model::Mode::training, batch);
  const Index rest = partial_batch(model, options.examples);
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

ModelUnderCheck model_under_check(const Model& model, Context& context,
                                  const CheckPlaceOptions& options) {
  if (options.batch < 1) {
    throw Error(
        text::concat("check_grad: the batch must have at least one example, got ", options.batch));
  }
  if (options.examples != nullptr) {
    internal::check_examples(model, *options.examples, "check_grad");
    if (options.examples->count() < options.batch) {
      throw DataError(text::concat("check_grad: there are ", options.examples->count(),
                                   " examples, fewer than the batch of ", options.batch));
    }
  }
  constexpr double kMostNumbers = 1e9;
  const double wanted =
      static_cast<double>(options.batch) * static_cast<double>(model.input_shape().size());
  if (wanted > kMostNumbers) {
    throw Error(text::concat("check_grad: ", options.batch, " inputs ", model.input_shape(),
                             " are more than a check can hold; take a smaller batch"));
  }
  const bool train = options.burn_in > 0;
  // Trained on the few examples of the check alone, the loss would fall to zero, and rounding would
  // hide its gradient.
  const Index noise =
      train ? std::max(options.batch, kBurnInBatches * model.training().batch_size) : options.batch;
  const Examples examples = options.examples != nullptr
                                ? internal::contiguous(*options.examples)
                                : internal::random_examples(model, noise, options.seed);

  const DType dtype = train ? model.training().precision : DType::f64;
  Weights weights;
  if (options.weights != nullptr) {
    internal::check_weights(model, *options.weights, "check_grad");
    weights = internal::copy_of(*options.weights, dtype);
  } else {
    weights = model.initial_weights(dtype, options.seed);
    if (!train) shift_biases(model, options.seed, weights.parameters);
  }
  if (train) burn_in(model, examples, options, context, weights);

  for (Array& state : weights.states) state = state.to(DType::f64).clone();

  const auto [x, targets] = first_of(model, examples, options.batch);
  ModelUnderCheck check;
  const bool tokens = model.tokens() > 0;
  if (!tokens) {
    check.points.push_back(x);
    check.names.push_back("input");
  }
  for (size_t i = 0; i < weights.parameters.size(); ++i) {
    check.points.push_back(weights.parameters[i].to(DType::f64));
    check.names.push_back(model.parameters()[i].name);
  }
  check.loss = loss_of(model, Model::Mode::training, tokens ? x : Array(), targets, weights.states);
  check.uses =
      uses_of(model, options, {check.points.begin() + (tokens ? 0 : 1), check.points.end()},
              weights.states);
  return check;
}

}  // namespace autonet
