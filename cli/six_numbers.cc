#include "cli/six_numbers.h"

#include "cli/epoch_log.h"
#include "text/numbers.h"
#include "text/table.h"
#include "train/evaluate.h"

namespace autonet {

SixNumbers six_numbers(const Model& model, const Splits& data, std::span<const Array> parameters,
                       std::span<const Array> states, Context& context) {
  SixNumbers numbers;
  numbers.train = evaluate(model, data.train, parameters, states, context);
  if (data.validation.count > 0)
    numbers.validation = evaluate(model, data.validation, parameters, states, context);
  numbers.test = evaluate(model, data.test, parameters, states, context);
  return numbers;
}

std::string table_text(const Model& model, const SixNumbers& numbers, const Splits& data) {
  text::Table table({"", "images", model.loss_name(), "accuracy"});
  const auto add = [&](const char* name, const Images& images, const Metrics& metrics) {
    table.add({name, text::with_commas(images.count), text::loss_text(metrics.loss),
               text::percent(metrics.accuracy)});
  };
  add("train", data.train, numbers.train);
  if (numbers.validation) add("validation", data.validation, *numbers.validation);
  add("test", data.test, numbers.test);
  return table.text();
}

nlohmann::ordered_json to_json(const Model& model, const SixNumbers& numbers) {
  return {{"model", model.name()},
          {"train", to_json(numbers.train, model.loss_key())},
          {"validation", to_json(numbers.validation, model.loss_key())},
          {"test", to_json(numbers.test, model.loss_key())}};
}

}  // namespace autonet
