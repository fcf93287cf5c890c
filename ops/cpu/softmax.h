#pragma once

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"

namespace autonet::cpu {

/// y = x - log(sum of exp(x)) over the last axis, by way of the maximum; x of any strides, y
/// contiguous, at least one class.
void log_softmax(Context& context, const Array& x, Array& y);

/// -1/N sum over n,k of t[n,k] log_softmax(z)[n,k] for z, t [N,K] of any strides. Where t is 0 the
/// term is 0, whatever z is.
double cross_entropy(Context& context, const Array& z, const Array& t);

}  // namespace autonet::cpu
