#pragma once

#include "autonet/autograd/context.h"
#include "ops/cpu/problem.h"

namespace autonet::cpu {

/// A weight gradient as a sum of outer products over the batch and the pixels. In `q` the "images"
/// are the channels of x (side by side in memory), the "channels" are the images of the batch, and
/// the kernel is the output's cotangent. groups must be 1.
void sum_outer_products(Context& context, const Problem<float>& q);
void sum_outer_products(Context& context, const Problem<double>& q);

}  // namespace autonet::cpu
