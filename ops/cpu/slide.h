#pragma once

#include "autonet/autograd/context.h"
#include "ops/cpu/epilogue.h"
#include "ops/cpu/problem.h"

namespace autonet::cpu {

/// Slides a small kernel over one image after another and does all of `following` in the same pass;
/// q.y may be null if each_image is given. The kernel is packed once into panels
/// [group][panel][r][s][c][width]. An image with margins is first copied into scratch memory with
/// zeros around it, so that the inner loop has no special case at the edges.
void slide(Context& context, const Problem<float>& q, const Following& following);
void slide(Context& context, const Problem<double>& q, const Following& following);

}  // namespace autonet::cpu
