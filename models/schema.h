#pragma once

#include <string>

namespace autonet::internal {

/// The JSON Schema (draft-07, which editors support) of model.json, made from the reader's own
/// tables: the text of models/model.schema.json.
std::string model_schema();

}  // namespace autonet::internal
