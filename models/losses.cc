#include "models/losses.h"

#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/ops/losses.h"
#include "autonet/ops/softmax.h"
#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

std::vector<LossType> all_losses() {
  return {
      {.object = {.name = "softmax_cross_entropy",
                  .doc = "Mean cross-entropy of the softmax of the output. The output is logits: "
                         "the last layer has no softmax of its own.",
                  .keys = {number_key("label_smoothing",
                                      "the fraction of each target that is spread over all classes",
                                      within(0, 0.99), "0")}},
       .title = "cross-entropy",
       .json_key = "cross_entropy",
       .activation = "softmax",
       .predictions = softmax,
       .real_targets = false,
       .record =
           [](const Fields& fields, Var output, Var labels) {
             return softmax_cross_entropy(output, labels, fields.number("label_smoothing"));
           }},
      {.object = {.name = "mean_squared_error",
                  .doc = "Mean square of the difference between the output and its target: the "
                         "number to predict or, of a label, 1 for its class and 0 for the others.",
                  .keys = {}},
       .title = "squared error",
       .json_key = "squared_error",
       .record = [](const Fields&, Var output,
                    Var targets) { return mean_squared_error(output, targets); }},
      {.object = {.name = "huber",
                  .doc = "Mean of d^2 / 2 where the difference d from the target is at most delta, "
                         "else of delta (|d| - delta / 2); targets as for mean_squared_error.",
                  .keys = {number_key("delta", "where the loss turns from a square into a line",
                                      strictly_within(0, 1e6), "1")}},
       .title = "Huber loss",
       .json_key = "huber",
       .record = [](const Fields& fields, Var output,
                    Var targets) { return huber_loss(output, targets, fields.number("delta")); }},
  };
}

}  // namespace

std::span<const LossType> loss_table() {
  static const std::vector<LossType> kTable = all_losses();
  return kTable;
}

const LossType& loss_type(const Fields& loss) {
  for (const LossType& row : loss_table()) {
    if (row.object.name == loss.type) return row;
  }
  throw Error(text::concat("unknown loss \"", loss.type, "\""));
}

}  // namespace autonet::internal
