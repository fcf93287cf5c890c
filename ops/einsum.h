#pragma once

#include <string_view>

#include "autonet/autograd/var.h"

namespace autonet {

/// The sum of products that a formula names, as NumPy's einsum does for two arrays:
/// einsum("bik,bkj->bij", a, b) is the product of two batches of matrices, y[b,i,j] = sum over k of
/// a[b,i,k] b[b,k,j]. Each letter names an axis; what the output does not name is summed over.
/// Computed by one matmul(); the gradient follows from it. Throws Error if the formula is not of
/// this form, does not fit the arrays, or names an axis twice in one place.
Var einsum(std::string_view formula, Var a, Var b);

}  // namespace autonet
