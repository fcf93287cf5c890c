#include "cli/results.h"

#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/evaluate.h"
#include "cli/trained_model.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {

Results results_of(const Model& model, const Splits& data, const Weights& weights, Context& context,
                   const ImageViews& views, bool train, Collective* collective) {
  const auto on = [&](const Examples& examples) {
    return evaluate(model, examples, weights, context, views, collective);
  };
  Results results;
  if (train) results.train = on(data.train);
  if (data.validation.count() > 0) results.validation = on(data.validation);
  if (data.test.count() > 0) results.test = on(data.test);
  return results;
}

void check_finite(const Model& model, const Results& results, const std::string& path) {
  const auto check = [&](const char* part, const std::optional<Metrics>& metrics) {
    if (!metrics || (std::isfinite(metrics->loss) && std::isfinite(metrics->rmse))) return;
    throw Error(text::concat(
        "evaluating ", model.name(), " with the weights of ", path, ": the ", model.loss_name(),
        " on the ", part, " examples is ",
        std::isfinite(metrics->loss) ? metrics->rmse : metrics->loss,
        ", as a number is too large to compute with; the weights are of a run that diverged or the "
        "inputs are too large: train again with a lower learning rate, or normalize the data"));
  };
  check("train", results.train);
  check("validation", results.validation);
  check("test", results.test);
}

std::string quality_name(const Model& model) {
  return model.classes() > 0 ? "accuracy" : "RMSE";
}
std::string quality_text(const Model& model, const Metrics& metrics) {
  return model.classes() > 0 ? text::percent(metrics.accuracy) : text::loss_text(metrics.rmse);
}

std::string table_text(const Model& model, const Results& results, const Splits& data) {
  text::Table table({"", input_noun(model) + "s", model.loss_name(), quality_name(model)});
  const auto add = [&](const char* name, const Examples& examples, const Metrics& metrics) {
    table.add({name, text::with_commas(examples.count()), text::loss_text(metrics.loss),
               quality_text(model, metrics)});
  };
  if (results.train) add("train", data.train, *results.train);
  if (results.validation) add("validation", data.validation, *results.validation);
  if (results.test) add("test", data.test, *results.test);
  return table.text();
}

Json to_json(const Model& model, const Results& results) {
  return {{"model", model.name()},
          {"train", to_json(results.train, model)},
          {"validation", to_json(results.validation, model)},
          {"test", to_json(results.test, model)}};
}

}  // namespace autonet::cli
