#include "models/losses.h"

#include <algorithm>
#include <vector>

#include "autograd/error.h"
#include "ops/softmax.h"
#include "text/concat.h"

namespace autonet::internal {
namespace {

std::vector<LossType> all_losses() {
  return {
      {.object = {.name = "softmax_cross_entropy",
                  .doc = "Mean cross-entropy of the softmax of the output. The output is logits: "
                         "the last layer has no softmax of its own.",
                  .keys = {{.name = "label_smoothing",
                            .kind = Key::Kind::number,
                            .doc = "the share of each target that is spread over all classes",
                            .fallback = "0",
                            .high = 0.99}}},
       .title = "cross-entropy",
       .json_key = "cross_entropy",
       .activation = "softmax",
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
  static const std::vector<LossType> table = all_losses();
  return table;
}

const LossType& loss_type(const Fields& loss) {
  const auto name = [](const LossType& row) -> const std::string& { return row.object.name; };
  const auto found = std::ranges::find(loss_table(), loss.type, name);
  if (found == loss_table().end()) throw Error(text::concat("unknown loss \"", loss.type, "\""));
  return *found;
}

}  // namespace autonet::internal
