#pragma once

#include <span>

#include "autonet/autograd/var.h"

namespace autonet {

/// Adds arrays of one type: y = x_1 + x_2 + …, in that order.
///
/// Reverse mode needs this op itself, to add the cotangents of a value that is used more than once.
/// The cotangent of every x_i is ybar. A single term is returned as it is, without a call. Throws
/// Error if there is no term or the types differ.
Var accumulate(std::span<const Var> terms);

}  // namespace autonet
