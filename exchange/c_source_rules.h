#pragma once

#include <string>

#include "autonet/autograd/tape.h"

namespace autonet::internal {

/// The formula of a call for a comment: of a convolution which of the three rules it is, of the
/// call that ends a rule the derivative, of others the op's formula. `ends_rule`: it is the last
/// call of its rule.
std::string formula_of_call(const Tape& tape, Index call, bool ends_rule);

}  // namespace autonet::internal
