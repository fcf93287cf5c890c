#pragma once

#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"

namespace autonet::cpu {

/// The axes of an array that a reduction removes: reduced[axis] for each axis.
using AxisMask = std::vector<bool>;

/// y = sum of x over the masked axes; y is contiguous and has x's elements' order on the others
/// (axes of length 1 in y do not matter). Sums of many terms are cut in blocks of fixed size and
/// the blocks added in double precision, so that the result is accurate and independent of the
/// threads.
void reduce_sum(Context& context, const Array& x, const AxisMask& reduced, Array& y);

/// y = the element of u where x has its first maximum (row-major, NaN counts as largest) over the
/// masked axes. With u = x it is the maximum itself. x and u have one shape.
void select_max(Context& context, const Array& x, const Array& u, const AxisMask& reduced,
                Array& y);

/// The adjoint of select_max in u: xbar = ybar where x has its first maximum, 0 elsewhere.
void spread_max(Context& context, const Array& x, const Array& ybar, const AxisMask& reduced,
                Array& xbar);

}  // namespace autonet::cpu
