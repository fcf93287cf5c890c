#pragma once

#include <span>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/models/settings.h"

namespace autonet {

/// Gradient descent, with momentum or Nesterov's: see Optimizer.
OptimizerSettings sgd(double learning_rate, double momentum = 0.0, bool nesterov = false);
/// Adam: see Optimizer.
OptimizerSettings adam(double learning_rate = 1e-3);
/// Adam with decoupled weight decay: see Optimizer.
OptimizerSettings adamw(double learning_rate = 1e-3, double weight_decay = 0.01);

/// Factors on the constants of the update rule for one parameter.
struct ParameterFactors {
  double learning_rate = 1.0;  ///< on the learning rate; 0: the parameter is left as it is
  double decay = 1.0;          ///< on l2_decay and weight_decay
};

/// Updates parameters in place from their gradients, one pass over each:
///
///     Optimizer optimizer(adam(1e-3));
///     optimizer.step(parameters, gradients);
///
/// With g the gradient, w the parameter, lr the learning rate and l2 = l2_decay, the last two and
/// weight_decay times the parameter's factors:
///
///     sgd    v = m v + (g + l2 w);  w -= lr v, or with Nesterov w -= lr (g + l2 w + m v)
///     adam   g' = g + l2 w; m1 = b1 m1 + (1 - b1) g'; m2 = b2 m2 + (1 - b2) g'^2;
///            w -= lr (m1 / (1 - b1^t)) / (sqrt(m2 / (1 - b2^t)) + epsilon)      arXiv:1412.6980
///     adamw  the same, and w -= lr · weight_decay · w                            arXiv:1711.05101
///
/// The slots (v, or m1 and m2) start at zero.
class Optimizer {
 public:
  /// Decay acts on parameters of two axes and more, so on weights and not on biases.
  explicit Optimizer(const OptimizerSettings& settings, double l2_decay = 0.0);
  /// With slots for these parameters from the beginning, and the factors of each.
  Optimizer(const OptimizerSettings& settings, double l2_decay,
            std::span<const ParameterFactors> factors, std::span<const Array> parameters);

  /// Does one step on the calling thread. The parameters are those of the first call, contiguous;
  /// a gradient may be a strided view. Throws Error if numbers, shapes or dtypes do not fit, or if
  /// a gradient is not finite; the parameters can then no longer be used.
  void step(List<Array> parameters, List<Array> gradients);
  /// The same on the threads of a context.
  void step(Context& context, List<Array> parameters, List<Array> gradients);

  /// The settings; the learning rate may be changed between steps.
  OptimizerSettings& settings() { return settings_; }

  /// Number of slots of each parameter, 1 or 2.
  int slots() const { return static_cast<int>(slots_.size()); }
  /// The k-th slot of parameter i, for checkpoints.
  Array& slot(int k, size_t i) { return slots_[static_cast<size_t>(k)][i]; }

  /// One step, without checks of shapes and with the learning rate and the number t of the step,
  /// which counts from 1. Each gradient is first multiplied by `factor`. False if a gradient is not
  /// finite: `bad` is then the number of its parameter, and the parameters can no longer be used.
  bool update(Context& context, std::span<Array> parameters, std::span<const Array> gradients,
              double learning_rate, Index t, size_t& bad, double factor = 1.0);

 private:
  void add_slots(const Array& parameter, const ParameterFactors& factors);

  OptimizerSettings settings_;
  double l2_decay_;
  std::vector<double> decay_;
  std::vector<double> rate_factors_;
  std::vector<std::vector<Array>> slots_;
  Index steps_ = 0;
};

namespace internal {
/// Number of arrays of a parameter's size that the optimizer keeps for it: 1 or 2.
int slots_of(const OptimizerSettings& settings);
}  // namespace internal

}  // namespace autonet
