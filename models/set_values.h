#pragma once

#include <span>
#include <string>

#include "models/json_value.h"

namespace autonet::internal {

/// Sets values in a model that was read, in the order of `settings`, each of the form PATH=VALUE:
/// "training.optimizer.learning_rate=0.01", "layers.conv_1.channels=32", "layers.0.kernel=[3,5]".
/// The steps of a path are keys, and in a list a number from 0 or the "name" of an object; a path
/// that begins with "/" has "/" between its steps, for names that hold a dot. An object that is
/// missing on the way is made. VALUE is JSON, or else taken as a text.
///
/// What is set carries the line Mistakes::set_line, so that a mistake in it names the setting. Adds
/// a mistake for each setting that has no "=" or whose path leads nowhere.
void set_values(JsonValue& root, std::span<const std::string> settings, Mistakes& mistakes);

/// The value as indented JSON; on one line if that would be longer than read_json() accepts.
std::string json_text(const JsonValue& value);

}  // namespace autonet::internal
