#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "autograd/shape.h"

namespace autonet {

/// "optimizer" of a model.json: the update rule and its constants.
struct OptimizerSettings {
  enum class Type { sgd, adam, adamw };
  Type type = Type::sgd;
  double learning_rate = 0.01;
  double momentum = 0.0;      // sgd
  bool nesterov = false;      // sgd
  double beta1 = 0.9;         // adam, adamw
  double beta2 = 0.999;       // adam, adamw
  double epsilon = 1e-8;      // adam, adamw
  double weight_decay = 0.0;  // adamw: decoupled
};

/// "schedule" of a model.json: what multiplies the optimizer's learning rate over time.
struct ScheduleSettings {
  enum class Type { constant, step, cosine, one_cycle };
  Type type = Type::constant;
  Index step_epochs = 10;        // step: multiply by `factor` every so many epochs
  double factor = 0.1;           // step
  double final_fraction = 0.0;   // cosine: where it ends, as a fraction of the learning rate
  double peak_at = 0.3;          // one_cycle: the fraction of the run at which it peaks
  double start_fraction = 0.04;  // one_cycle: where it starts
  double warmup_epochs = 0.0;    // any type: rises straight from 0 over so many epochs
};

/// "training" of a model.json.
struct TrainingSettings {
  Index epochs = 25;
  Index batch_size = 100;
  std::uint64_t seed = 1;
  double l2_decay = 0.0;  // on weights, not on biases
  bool shuffle = true;
  DType precision = DType::f32;  // of parameters and all arithmetic
  OptimizerSettings optimizer;
  ScheduleSettings schedule;
  std::optional<Index> patience;  // early stopping: epochs without a better validation loss
  std::string checkpoint;         // as in the file: relative to it; empty if none
};

}  // namespace autonet
