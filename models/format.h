#pragma once

#include "models/fields.h"
#include "models/settings.h"

#include "data/splits.h"

namespace autonet {

/// The whole format of model.json as one table of keys.
const ObjectType& model_format();

/// The settings that a read "data" object says.
DataSpec data_spec(const Fields& data);

/// The settings that a read "training" object says.
TrainingSettings training_settings(const Fields& training);

}  // namespace autonet
