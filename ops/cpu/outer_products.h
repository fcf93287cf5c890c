#pragma once

#include "autograd/context.h"
#include "ops/cpu/problem.h"

namespace autonet::cpu {

/// Sums outer products over the pixels: for a weight gradient, whose "images" are the channels of x
/// (side by side in memory), whose "channels" are the images of the batch, and whose kernel, the
/// output's cotangent, is as large as they are. groups must be 1.
void sum_outer_products(Context& context, const Problem<float>& q);
void sum_outer_products(Context& context, const Problem<double>& q);

}  // namespace autonet::cpu
