#include "train/memory.h"

#include "autonet/train/optimizer.h"
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

}  // namespace

std::optional<TrainingMemory> training_memory(const Model& model, Index batch, int threads) {
  constexpr double kMost = 4.0 * 1024 * 1024 * 1024;
  if (least_bytes(model, batch) > kMost) return std::nullopt;

  const TrainingSettings& settings = model.training();
  TrainingMemory memory;
  // Only the sizes matter, so the arrays are left uninitialized.
  const auto unwritten = [&](const Shape& shape) {
    const Array array = Array::uninitialized({shape, settings.precision});
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

}  // namespace autonet::internal
