#include "cli/results.h"

#include "autonet/train/evaluate.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {

Results results_of(const Model& model, const Splits& data, const Weights& weights,
                   Context& context) {
  const auto on = [&](const Images& images) { return evaluate(model, images, weights, context); };
  Results results;
  results.train = on(data.train);
  if (data.validation.count > 0) results.validation = on(data.validation);
  results.test = on(data.test);
  return results;
}

std::string table_text(const Model& model, const Results& results, const Splits& data) {
  text::Table table({"", "images", model.loss_name(), "accuracy"});
  const auto add = [&](const char* name, const Images& images, const Metrics& metrics) {
    table.add({name, text::with_commas(images.count), text::loss_text(metrics.loss),
               text::percent(metrics.accuracy)});
  };
  add("train", data.train, results.train);
  if (results.validation) add("validation", data.validation, *results.validation);
  add("test", data.test, results.test);
  return table.text();
}

Json to_json(const Model& model, const Results& results) {
  return {{"model", model.name()},
          {"train", to_json(results.train, model.loss_key())},
          {"validation", to_json(results.validation, model.loss_key())},
          {"test", to_json(results.test, model.loss_key())}};
}

}  // namespace autonet::cli
