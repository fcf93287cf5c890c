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

Json to_json(const std::optional<Metrics>& metrics, const std::string& loss) {
  if (!metrics) return nullptr;
  return {{loss, metrics->loss}, {"accuracy", metrics->accuracy}};
}

Json to_json(const EpochReport& report, const std::string& loss) {
  return {{"epoch", report.epoch},
          {"train", to_json(report.train, loss)},
          {"validation", to_json(report.validation, loss)},
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
