#pragma once

#include <optional>
#include <string>

#include "models/fields.h"

namespace autonet {

/// Reads one value as `key` says. Where it does not fit, adds mistakes and gives std::nullopt.
std::optional<FieldValue> read_value(const JsonValue& value, const std::string& pointer,
                                     const Key& key, Mistakes& mistakes);

/// A number as a person writes it: 100, 0.0001, 1e+30.
std::string number_text(double number);

}  // namespace autonet
