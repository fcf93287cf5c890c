#pragma once

#include <vector>

#include "autograd/var.h"

namespace autonet {

/// What batch_norm gives while training.
struct BatchNorm {
  Var y;
  Var mean;      // of the batch, one a channel
  Var variance;  // of the batch, one a channel (divided by the count, not by one less)
};

/// Normalises each channel (the last axis) over all other axes by the batch's own statistics:
///
///     y = (x - mean) / sqrt(variance + epsilon) · weight + bias
///
/// x [...,C], weight [C], bias [C]. A composite: its gradient follows from its parts.
/// Source: S. Ioffe, C. Szegedy, arXiv:1502.03167.
BatchNorm batch_norm_training(Var x, Var weight, Var bias, double epsilon = 1e-5);

/// The same with given (running) statistics, mean [C] and variance [C]: evaluation.
Var batch_norm(Var x, Var weight, Var bias, Var mean, Var variance, double epsilon = 1e-5);

/// Normalises each position over its channels (the last axis), then scales and shifts: x [...,C],
/// weight [C], bias [C]. Source: J. Ba et al., arXiv:1607.06450.
Var layer_norm(Var x, Var weight, Var bias, double epsilon = 1e-5);

}  // namespace autonet
