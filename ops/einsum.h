#pragma once

#include <string_view>

#include "autonet/autograd/list.h"
#include "autonet/autograd/var.h"

namespace autonet {

/// The sum of products that a formula names, as NumPy's einsum:
/// einsum("bik,bkj->bij", {a, b}) is the product of two batches of matrices, y[b,i,j] = sum over k
/// of a[b,i,k] b[b,k,j]. Each letter names an axis; what the output does not name is summed over.
/// A letter twice in one input takes the diagonal: einsum("ii->", {a}) is the trace.
/// From left to right, two arrays at a time become one by one matmul(); the gradient follows from
/// it. Throws Error if the formula is not of this form, does not fit the arrays, or names an axis
/// of the output twice.
Var einsum(std::string_view formula, List<Var> arrays);

/// The same for two arrays.
inline Var einsum(std::string_view formula, Var a, Var b) {
  return einsum(formula, {a, b});
}

}  // namespace autonet
