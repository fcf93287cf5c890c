#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

#include "autonet/train/fit_observer.h"

namespace autonet::cli {

/// JSON whose keys keep the order in which they are written.
using Json = nlohmann::ordered_json;

/// [rows, columns, channels]
Json to_json(const Shape& shape);

/// {"cross_entropy": …, "accuracy": …}, or null without figures. `loss` is the key of the loss, see
/// Model::loss_key().
Json to_json(const std::optional<Metrics>& metrics, const std::string& loss);

/// {"epoch": 1, "train": {…}, "validation": {…}, "learning_rate": …, "seconds": …}
Json to_json(const EpochReport& report, const std::string& loss);

/// The JSON on one line, with a space after each colon and comma, and a newline at the end.
std::string one_line(const Json& json);

/// The JSON on indented lines, with a newline at the end.
std::string indented(const Json& json);

}  // namespace autonet::cli
