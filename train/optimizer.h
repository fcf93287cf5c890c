#pragma once

#include <span>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/models/model.h"

namespace autonet::internal {

/// Number of arrays of a parameter's size that the optimizer keeps for it: 1 or 2.
int slots_of(const OptimizerSettings& settings);

/// Updates parameters in place from their gradients, one pass over each. With g the gradient, w the
/// parameter, lr the learning rate and l2 = l2_decay where the parameter decays (else 0):
///
///   sgd       v = m v + (g + l2 w);  w -= lr v, or with Nesterov w -= lr (g + l2 w + m v)
///   adam      g' = g + l2 w; m1 = b1 m1 + (1 - b1) g'; m2 = b2 m2 + (1 - b2) g'^2;
///             w -= lr (m1 / (1 - b1^t)) / (sqrt(m2 / (1 - b2^t)) + epsilon)      arXiv:1412.6980
///   adamw     the same, and w -= lr · weight_decay · w where it decays           arXiv:1711.05101
///
/// The slots (v, or m1 and m2) start at zero and are saved in checkpoints.
class Optimizer {
 public:
  Optimizer(const OptimizerSettings& settings, double l2_decay,
            std::span<const Parameter> parameters, std::span<const Array> values);

  /// Number of slots of each parameter: 1 or 2; slot(k, i) is the k-th of parameter i.
  int slots() const { return static_cast<int>(slots_.size()); }
  Array& slot(int k, size_t i) { return slots_[static_cast<size_t>(k)][i]; }

  /// Does one step; t counts from 1. False if a gradient has an infinity or NaN: `bad` is then the
  /// number of its parameter, and the parameters can no longer be used.
  bool update(Context& context, std::span<Array> values, std::span<const Array> gradients,
              double learning_rate, Index t, size_t& bad);

 private:
  OptimizerSettings settings_;
  std::vector<double> decay_;
  std::vector<std::vector<Array>> slots_;
};

}  // namespace autonet::internal
