#pragma once

#include "autonet/data/augment_settings.h"
#include "models/fields.h"
#include "models/key.h"

namespace autonet::internal {

/// The key "augment" of "data".
Key augment_key();

/// An "augment" object that was read.
AugmentSettings augment_settings(const Fields& augment);

}  // namespace autonet::internal
