#include "train/memory.h"

#include <algorithm>

#include "autograd/available_memory.h"
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/optimizer.h"
#include "text/numbers.h"
#include "train/step.h"

namespace autonet::internal {
namespace {

/// Bytes of parameters, images and outputs of layers: a lower bound of what training holds.
double least_bytes(const Model& model, Index batch) {
  double numbers = static_cast<double>(model.input_shape().size());
  for (const LayerInfo& layer : model.layers()) numbers += static_cast<double>(layer.units);
  numbers *= static_cast<double>(batch);
  for (const Parameter& parameter : model.parameters()) {
    numbers += static_cast<double>(parameter.shape.size());
  }
  return numbers * (model.training().precision == DType::f32 ? 4.0 : 8.0);
}

/// Plans a step and adds up its memory.
TrainingMemory planned_memory(const Model& model, Index batch, int threads) {
  const TrainingSettings& settings = model.training();
  TrainingMemory memory;
  // Only the sizes matter, so the arrays are left uninitialized.
  const auto unwritten = [&](const Shape& shape) {
    Array array = Array::uninitialized({shape, settings.precision});
    memory.parameters += array.type().bytes();
    return array;
  };
  Weights weights;
  for (const Parameter& parameter : model.parameters()) {
    weights.parameters.push_back(unwritten(parameter.shape));
  }
  memory.optimizer = memory.parameters * static_cast<std::size_t>(slots_of(settings.optimizer));
  for (const State& state : model.states()) weights.states.push_back(unwritten(state.shape));
  memory.best = memory.parameters * (settings.ema ? 2 : 1);

  Context context(threads);
  ModelProgram step(model, context, batch, Model::Mode::training, weights, settings.seed);
  for (size_t i = 0; i < step.program().input_count(); ++i) {
    memory.inputs += step.program().input(i).type().bytes();
  }
  memory.activations = step.program().arena_bytes() + step.program().leaf_bytes();
  memory.unshared = step.program().unshared_bytes();
  step.rehearse();
  memory.scratch = context.scratch_bytes();
  return memory;
}

/// The value of a quantity at `x`, which grows by equal amounts, from its values at `low` and
/// `high`.
std::size_t on_line(Index low, std::size_t at_low, Index high, std::size_t at_high, Index x) {
  const double step = high > low ? (static_cast<double>(at_high) - static_cast<double>(at_low)) /
                                       static_cast<double>(high - low)
                                 : static_cast<double>(at_high) / static_cast<double>(high);
  return static_cast<std::size_t>(static_cast<double>(at_high) +
                                  step * static_cast<double>(x - high));
}

/// The largest batch, at most `batch` and a power of two if it is smaller, that is planned itself.
Index planned_batch(const Model& model, Index batch) {
  constexpr double kMost = 64.0 * 1024 * 1024;  // as planning takes memory too
  if (least_bytes(model, batch) <= kMost) return batch;
  Index planned = 1;
  while (2 * planned < batch && least_bytes(model, 2 * planned) <= kMost) planned *= 2;
  return planned;
}

}  // namespace

std::optional<TrainingMemory> training_memory(const Model& model, Index batch, int threads) {
  constexpr double kMost = 4.0 * 1024 * 1024 * 1024;
  if (least_bytes(model, 1) > kMost) return std::nullopt;
  const Index high = planned_batch(model, batch);
  TrainingMemory memory = planned_memory(model, high, threads);
  if (high == batch) return memory;
  const Index low = std::max<Index>(1, high / 2);
  const TrainingMemory half = low == high ? memory : planned_memory(model, low, threads);
  for (std::size_t TrainingMemory::*part :
       {&TrainingMemory::inputs, &TrainingMemory::activations, &TrainingMemory::unshared}) {
    memory.*part = on_line(low, half.*part, high, memory.*part, batch);
  }
  return memory;
}

void check_training_fits(const Model& model, Index batch, int threads, std::string_view doing,
                         std::string_view option, bool own_data) {
  const double available = static_cast<double>(available_memory());
  // A step takes a few times as much as the outputs of the layers; most are far from the limit.
  constexpr double kFar = 64.0;
  if (kFar * least_bytes(model, batch) < available) return;
  // Inputs and targets, and three lists of numbers: labels, the order, and the rows of a batch.
  const double data =
      own_data ? 4.0 * static_cast<double>(model.input_shape().size() + model.outputs()) +
                     3.0 * sizeof(Index)
               : 0.0;
  const auto needed = [&](Index images) {
    const double examples = data * static_cast<double>(images);
    if (least_bytes(model, images) > available) return least_bytes(model, images) + examples;
    const std::optional<TrainingMemory> memory = training_memory(model, images, threads);
    return examples + (memory ? static_cast<double>(memory->total()) : least_bytes(model, images));
  };
  const double bytes = needed(batch);
  if (bytes <= available) return;
  Index fits = 0;  // the largest batch that fits, between this and `too_large`
  for (Index too_large = batch; too_large - fits > 1 && too_large > fits + fits / 50;) {
    const Index middle = fits + (too_large - fits) / 2;
    (needed(middle) <= available ? fits : too_large) = middle;
  }
  throw Error(
      text::concat(doing, ": training ", model.name(), " on batches of ", batch, " takes at least ",
                   text::bytes_text(bytes), ", but only ", text::bytes_text(available),
                   " of memory are available; ",
                   fits > 0 ? text::concat("batches of ", fits, " would fit: ", option, fits)
                            : std::string("not even a batch of 1 would fit: use a smaller model"),
                   " (to try it all the same, set AUTONET_IGNORE_MEMORY=1)"));
}

}  // namespace autonet::internal
