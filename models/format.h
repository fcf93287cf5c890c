#pragma once

#include "autonet/data/splits.h"
#include "autonet/models/settings.h"
#include "models/fields.h"
#include "models/key.h"

namespace autonet::internal {

/// The format of model.json: the type of its outermost object.
const ObjectType& model_format();

/// The settings in a "data" object.
DataSpec data_spec(const Fields& data);

/// The settings in a "training" object.
TrainingSettings training_settings(const Fields& training);

}  // namespace autonet::internal
