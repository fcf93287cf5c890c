// Losses over classes, which lie along axis 1.
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/index.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// -sum over all labels of weight[label] · scores[…, label, …], reduced as the attribute says. The
/// scores are logarithms of probabilities.
Var negative_log_likelihood(const Call& c, Var scores, size_t labels_input, size_t weights_input) {
  const Var labels = c.in(labels_input);
  if (scores.rank() < 2 || labels.rank() != scores.rank() - 1) {
    c.wrong("labels ", labels.shape(), " for ", scores.shape());
  }
  const Index classes = scores.shape()[1];
  const std::string reduction = c.text("reduction", "mean");
  Var class_of = cast(labels, scores.dtype());
  Var weight = filled(c.tape(), {labels.shape(), scores.dtype()}, 1.0);
  std::optional<Var> counted;
  if (c.has_attribute("ignore_index")) {
    const auto ignored = static_cast<double>(c.whole("ignore_index", 0));
    counted = not_equal(class_of, ignored);
    class_of = where(*counted, class_of, filled(c.tape(), {{}, scores.dtype()}, 0.0));
  }
  if (c.has(weights_input)) {
    const Var column = reshape(c.in(weights_input), {classes, 1});
    const Var rows = embedding(column, reshape(class_of, {class_of.shape().size()}));
    weight = reshape(rows, labels.shape());
  }
  if (counted) weight = weight * *counted;
  const Var chosen = squeeze(gather(scores, unsqueeze(class_of, 1), 1), {1});
  // Where a label is ignored, its score takes no part, also if it is infinite.
  const Var loss = counted ? where(*counted, -(weight * chosen), weight) : -(weight * chosen);
  if (reduction == "none") return loss;
  if (reduction == "sum") return sum(loss);
  if (reduction != "mean") c.wrong("reduction is ", reduction);
  return sum(loss) / sum(weight);
}

Outputs likelihood_of(const Call& c) {
  return c.result(negative_log_likelihood(c, c.in(0), 1, 2));
}

Outputs cross_entropy_of(const Call& c) {
  const Var scores = c.in(0);
  const int last = scores.rank() - 1;
  if (last < 1) c.wrong("needs [N,C,…], got ", scores.shape());
  const Var logs = swap_axes(log_softmax(swap_axes(scores, 1, last)), 1, last);
  Outputs outputs = c.result(negative_log_likelihood(c, logs, 1, 2));
  outputs.push_back({logs, c.type(0), {}});
  return outputs;
}

}  // namespace

std::vector<Operator> loss_operators() {
  return {{"NegativeLogLikelihoodLoss", likelihood_of},
          {"SoftmaxCrossEntropyLoss", cross_entropy_of}};
}

}  // namespace autonet::exchange
