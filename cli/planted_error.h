#pragma once

#include "autograd/var.h"

namespace autonet {

/// y = x, with a rule that is wrong on purpose by 1 part in 1000: xbar = 1.001 ybar. Shows that a
/// check of gradients finds such an error.
Var plant_error(Var x);

}  // namespace autonet
