#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

#include "autonet/models/model.h"
#include "autonet/train/fit_observer.h"

namespace autonet::cli {

/// JSON whose keys keep the order in which they are written.
using Json = nlohmann::ordered_json;

/// [rows, columns, channels]
Json to_json(const Shape& shape);

/// {"cross_entropy": …, "accuracy": …}, in regression {"squared_error": …, "rmse": …}, or null
/// without figures; the first is the loss under its key.
Json to_json(const std::optional<Metrics>& metrics, const Model& model);

/// {"epoch": 1, "train": {…}, "validation": {…}, "learning_rate": …, "seconds": …}
Json to_json(const EpochReport& report, const Model& model);

/// The JSON on one line, with a space after each colon and comma, and a newline at the end.
std::string one_line(const Json& json);

/// The JSON on indented lines, with a newline at the end.
std::string indented(const Json& json);

}  // namespace autonet::cli
