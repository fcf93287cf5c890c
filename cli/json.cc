#include "cli/json.h"

#include <vector>

namespace autonet::cli {
namespace {

std::string compact(const Json& json) {
  if (!json.is_object()) return json.dump();
  std::string text = "{";
  for (const auto& [key, value] : json.items()) {
    text += text.size() > 1 ? ", " : "";
    text += Json(key).dump() + ": " + compact(value);
  }
  return text + "}";
}

}  // namespace

Json to_json(const Shape& shape) {
  const auto lengths = shape.lengths();
  return std::vector<Index>(lengths.begin(), lengths.end());
}

Json to_json(const std::optional<Metrics>& metrics, const Model& model) {
  if (!metrics) return nullptr;
  const std::string& loss = model.loss_key();
  return model.classes() > 0 ? Json{{loss, metrics->loss}, {"accuracy", metrics->accuracy}}
                             : Json{{loss, metrics->loss}, {"rmse", metrics->rmse}};
}

Json to_json(const EpochReport& report, const Model& model) {
  return {{"epoch", report.epoch},
          {"train", to_json(report.train, model)},
          {"validation", to_json(report.validation, model)},
          {"learning_rate", report.learning_rate},
          {"seconds", report.seconds}};
}

std::string one_line(const Json& json) {
  return compact(json) + "\n";
}

std::string indented(const Json& json) {
  return json.dump(2) + "\n";
}

}  // namespace autonet::cli
