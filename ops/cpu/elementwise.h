#pragma once

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"

namespace autonet::cpu {

/// An elementwise function of one or two numbers: its position in the list of ops/functions.h.
enum class Function : std::size_t {};

/// y = f(x), element by element; x of any strides, y contiguous, one shape and dtype. c is the
/// function's constant.
void map(Context& context, Function function, const Array& x, Array& y, double c = 0.0);

/// y = f(a, b), element by element; a broadcast input arrives as a view with stride 0.
void map(Context& context, Function function, const Array& a, const Array& b, Array& y,
         double c = 0.0);

}  // namespace autonet::cpu
