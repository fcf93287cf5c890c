#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "autonet/autograd/shape.h"

namespace autonet {

/// "optimizer" of a model.json: the update rule and its constants.
struct OptimizerSettings {
  /// The update rule, see Optimizer for its formula.
  enum class Type {
    sgd,    ///< Gradient descent with momentum.
    adam,   ///< Adam, arXiv:1412.6980.
    adamw,  ///< Adam with decoupled weight decay, arXiv:1711.05101.
  };
  Type type = Type::sgd;        ///< The update rule.
  double learning_rate = 0.01;  ///< The size of a step, before the schedule's factor.
  double momentum = 0.0;        ///< sgd: the fraction of the last step that is kept.
  bool nesterov = false;        ///< sgd: take the gradient where momentum alone would lead.
  double beta1 = 0.9;           ///< adam, adamw: the fraction of the mean gradient that is kept.
  double beta2 = 0.999;   ///< adam, adamw: the fraction of the mean squared gradient that is kept.
  double epsilon = 1e-8;  ///< adam, adamw: added to the root of the mean squared gradient.
  double weight_decay = 0.0;  ///< adamw: the fraction of a weight that a step of size 1 removes.
};

/// "schedule" of a model.json: the factor on the optimizer's learning rate over time.
struct ScheduleSettings {
  /// The shape of the factor over time.
  enum class Type {
    constant,   ///< 1 throughout.
    step,       ///< Multiplied by `factor` every `step_epochs` epochs.
    cosine,     ///< Half a cosine from 1 down to `final_fraction` over all epochs.
    one_cycle,  ///< Up from `start_fraction` to 1 at `peak_at`, then down to 0: arXiv:1803.09820.
    plateau,    ///< Multiplied by `factor` after `patience` epochs without a better loss.
  };
  Type type = Type::constant;    ///< The shape.
  Index step_epochs = 10;        ///< step: epochs between changes.
  double factor = 0.1;           ///< step, plateau: what the rate is multiplied by.
  Index patience = 3;            ///< plateau: epochs without a better loss before a change.
  double final_fraction = 0.0;   ///< cosine: the factor at the end.
  double peak_at = 0.3;          ///< one_cycle: the fraction of the run at which the peak is.
  double start_fraction = 0.04;  ///< one_cycle: the factor at the start.
  double warmup_epochs = 0.0;    ///< Every type: epochs over which the rate rises linearly from 0.
};

/// "training" of a model.json.
struct TrainingSettings {
  Index epochs = 25;             ///< Passes over the training images.
  Index batch_size = 100;        ///< Images in a mini-batch.
  std::uint64_t seed = 1;        ///< Of the initial weights, the order of the images and dropout.
  double l2_decay = 0.0;         ///< Adds l2_decay * w to the gradient of weights, not of biases.
  bool shuffle = true;           ///< Every epoch takes the images in a new order.
  DType precision = DType::f32;  ///< The number type of the parameters and all arithmetic.
  OptimizerSettings optimizer;   ///< The update rule.
  ScheduleSettings schedule;     ///< The learning rate over time.
  /// The gradients of a step are scaled down together if the root of the sum of all their squares
  /// is larger than this.
  std::optional<double> clip_norm;
  /// What is evaluated and saved is a moving average of the weights, of which each step keeps this
  /// fraction.
  std::optional<double> ema;
  /// Early stopping: training ends after this many epochs without a better validation loss.
  std::optional<Index> patience;
  /// The path of the checkpoint, relative to the model's file; empty if the model names none.
  std::string checkpoint;
};

}  // namespace autonet
