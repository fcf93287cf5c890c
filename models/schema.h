#pragma once

#include <string>

namespace autonet {

/// The JSON Schema (draft-07, which editors know) of model.json, made from the tables that the
/// reader works by: the text of models/model.schema.json.
std::string model_schema();

}  // namespace autonet
