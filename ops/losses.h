#pragma once

#include <optional>

#include "autonet/autograd/var.h"

namespace autonet {

/// Choices of cross_entropy().
struct CrossEntropyOptions {
  Var class_weights = {};                   ///< [K], a factor for each class; none if not set.
  std::optional<Index> ignored_label = {};  ///< Labels that take no part in the mean.
  double smoothing = 0.0;  ///< The share of a target that is spread over all classes.
};

/// Mean cross-entropy of the softmax of logits [...,K] for labels [...], the numbers of the
/// classes: of images [N,K] and [N], or of pixels [N,H,W,K] and [N,H,W]. With t the targets, w the
/// class weights and the sums over the labels l that are not ignored:
///
///     y = -sum_l sum_k w[k] t[l,k] log_softmax(z)[l,k] / sum_l w[label]
///
/// NaN if all labels are ignored. Throws Error if the shapes or dtypes disagree or the smoothing is
/// not between 0 and 1; computing it throws Error for a label that is no class.
Var cross_entropy(Var logits, Var labels, const CrossEntropyOptions& options = {});

/// Mean cross-entropy of independent yes-or-no answers with the probabilities p = sigmoid(z), for
/// targets t between 0 and 1 of z's shape: the mean of -t ln(p) - (1 - t) ln(1 - p), computed from
/// the logits z without overflow or loss of digits. Throws Error if the types differ.
Var binary_cross_entropy(Var logits, Var targets);

/// The mean of h(a - b), with h(d) = d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2):
/// quadratic for small differences and linear for large ones. Source: P. Huber, 1964. Throws Error
/// if the types differ or delta is not positive.
Var huber_loss(Var a, Var b, double delta = 1.0);

}  // namespace autonet
