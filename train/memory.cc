#include "train/memory.h"

#include "train/optimizer.h"
#include "train/step.h"

namespace autonet {

TrainingMemory training_memory(const Model& model, Index batch, int threads) {
  const TrainingSettings& settings = model.training();
  TrainingMemory memory;
  const std::vector<Array> parameters = model.initial_parameters(settings.precision, settings.seed);
  const std::vector<Array> states = model.initial_states(settings.precision);
  for (const Array& array : parameters) memory.parameters += array.type().bytes();
  for (const Array& array : states) memory.parameters += array.type().bytes();
  memory.best = memory.parameters;
  const Optimizer optimizer(settings.optimizer, settings.l2_decay, model.parameters(), parameters);
  memory.optimizer = optimizer.bytes();

  Context context(threads);
  ModelProgram step(model, context, batch, Model::Mode::training, parameters, states,
                    settings.seed);
  for (size_t i = 0; i < step.program().input_count(); ++i) {
    memory.inputs += step.program().input(i).type().bytes();
  }
  memory.activations = step.program().arena_bytes();
  memory.unshared = step.program().unshared_bytes();
  step.rehearse();
  memory.scratch = context.scratch_bytes();
  return memory;
}

}  // namespace autonet
