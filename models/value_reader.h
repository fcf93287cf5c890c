#pragma once

#include <optional>
#include <string>

#include "models/fields.h"

namespace autonet::internal {

/// The most strings in a list of names of classes or columns.
constexpr size_t kMostTexts = 100'000;

/// Reads the value of `key`. If the value is wrong, adds mistakes and returns std::nullopt.
std::optional<FieldValue> read_value(const JsonValue& value, const std::string& pointer,
                                     const Key& key, Mistakes& mistakes);

}  // namespace autonet::internal
