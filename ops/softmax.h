#pragma once

#include "autonet/autograd/var.h"

namespace autonet {

/// y = x - ln(sum(e^x)) over the last axis, without overflow.
/// Gradient: xbar = ybar - softmax(x) · (sum of ybar over the last axis).
/// Throws Error if x is a scalar or its last axis is empty.
Var log_softmax(Var x);

/// y = e^x / sum(e^x) over the last axis: e^log_softmax(x).
Var softmax(Var x);

/// y[n,k] = 1 where k is labels[n], else 0; y [N,classes]. No gradient.
/// Computing it throws Error where a label is not a whole number in [0, classes).
Var one_hot(Var labels, Index classes);

namespace internal {
/// one_hot() of labels of any shape, in their order, as a part of the op `op`, which errors name:
/// y [number of labels,classes].
Var one_hot_of(const char* op, Var labels, Index classes);
}  // namespace internal

/// Mean cross-entropy of a batch, natural logarithm:
///
///     y = -1/N sum_n sum_k t[n,k] · log_softmax(z)[n,k]
///
/// Shapes: logits z [N,K]; targets t either probabilities [N,K] or class indices [N]. With
/// `smoothing` s, t becomes (1 - s) t + s / K (Szegedy et al., arXiv:1512.00567).
/// Gradients: zbar = ybar/N · (softmax(z) · sum_k t - t), tbar = -ybar/N · log_softmax(z).
/// Throws Error if the shapes or dtypes disagree.
Var softmax_cross_entropy(Var logits, Var targets, double smoothing = 0.0);

/// y = mean of (a - b)^2 over all elements. Throws Error unless the shapes are equal or one is a
/// scalar: stretching [N] to [N,1] would compare every element with every other.
Var mean_squared_error(Var a, Var b);

}  // namespace autonet
