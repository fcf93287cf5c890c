#include "models/losses.h"

#include <vector>

#include "autonet/autograd/error.h"
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
       .record =
           [](const Fields& fields, Var output, Var labels) {
             return softmax_cross_entropy(output, labels, fields.number("label_smoothing"));
           }},
      {.object = {.name = "mean_squared_error",
                  .doc = "Mean square of the difference between the output and its target: 1 for "
                         "the label's class, 0 for the others.",
                  .keys = {}},
       .title = "squared error",
       .json_key = "squared_error",
       .record =
           [](const Fields&, Var output, Var labels) {
             return mean_squared_error(output, one_hot(labels, output.shape()[1]));
           }},
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
