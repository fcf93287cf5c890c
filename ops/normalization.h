#pragma once

#include "autonet/autograd/var.h"

namespace autonet {

/// The results of batch_norm_training.
struct BatchNorm {
  Var y;         ///< The normalised x, of x's shape.
  Var mean;      ///< Of the batch, one for each channel: [C].
  Var variance;  ///< Of the batch, [C]; divided by the count n, not by n - 1.
};

/// Normalises each channel (the last axis) over all other axes by the batch's own statistics:
///
///     y = (x - mean) / sqrt(variance + epsilon) · weight + bias
///
/// x [...,C], weight [C], bias [C]. A composite: its gradient follows from its parts.
/// Source: S. Ioffe, C. Szegedy, arXiv:1502.03167.
BatchNorm batch_norm_training(Var x, Var weight, Var bias, double epsilon = 1e-5);

/// The same formula with given statistics, mean [C] and variance [C], as in evaluation.
Var batch_norm(Var x, Var weight, Var bias, Var mean, Var variance, double epsilon = 1e-5);

/// Normalises each position over its channels (the last axis), then scales and shifts: x [...,C],
/// weight [C], bias [C]. Source: J. Ba et al., arXiv:1607.06450.
Var layer_norm(Var x, Var weight, Var bias, double epsilon = 1e-5);

/// Normalises each image over groups of channels, then scales and shifts: x [N,...,C], weight [C],
/// bias [C]; the mean and variance are those of C / groups channels at all positions. Throws Error
/// unless the groups divide the channels. Source: Y. Wu, K. He, arXiv:1803.08494.
Var group_norm(Var x, Index groups, Var weight, Var bias, double epsilon = 1e-5);

/// Normalises each channel of each image: group_norm() with a group for each channel. Source:
/// D. Ulyanov et al., arXiv:1607.08022.
Var instance_norm(Var x, Var weight, Var bias, double epsilon = 1e-5);

}  // namespace autonet
