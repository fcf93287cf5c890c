#pragma once

#include <span>

#include "autograd/var.h"

namespace autonet {

/// Adds arrays of one type: y = x_1 + x_2 + …, in that order.
///
/// It is the op that reverse mode itself needs, where a value is used more than once and its
/// cotangents meet; the cotangent of every x_i is ybar. Recording one term records nothing.
/// Throws Error if there is no term or the types differ.
Var accumulate(std::span<const Var> terms);

}  // namespace autonet
