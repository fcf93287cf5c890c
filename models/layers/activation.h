#pragma once

#include <string>

#include "autonet/autograd/var.h"
#include "models/key.h"

namespace autonet::internal {

/// "activation": the function that is applied to the output of a layer.
Key activation_key();

/// Records the activation of that name, with its default parameter. "none" gives x.
Var record_activation(const std::string& name, Var x);

}  // namespace autonet::internal
