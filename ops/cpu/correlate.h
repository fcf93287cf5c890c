#pragma once

#include "autograd/array.h"
#include "autograd/context.h"
#include "autograd/function_ref.h"
#include "ops/window.h"

namespace autonet::cpu {

/// What follows a product of arrays, done while its sums are in registers or in cache.
struct Following {
  const Array* bias = nullptr;  // [channels of y], contiguous
  bool relu = false;
  const Array* gate = nullptr;  // as large as y, contiguous

  /// Called when image n of y is finished: each(n, its numbers, scratch), on any worker. With it y
  /// may be without data: then an image's numbers live until the call returns. `scratch` has
  /// scratch_bytes.
  const FunctionRef<Index, void*, std::byte*>* each_image = nullptr;
  std::size_t scratch_bytes = 0;
};

/// Slides w over x without flipping it and sums the products:
///
///     y[n,i,j,gK+k] = sum over r,s,c of xe[n, i·stride + r·kernel_dilation - lo, j·…, gC+c]
///                                       · w[r,s,c,gK+k]
///
/// where xe is x spread by the input dilation and extended by zeros. x [N,H,W,G·C], w [R,S,C,G·K]
/// of any strides (a flip or swap arrives as a view and costs nothing), y [N,Ho,Wo,G·K] contiguous,
/// all of one dtype; the shapes must fit (conv2d checks them). Each y is summed in an order that
/// depends on the shapes and the instruction set alone, never on the number of threads.
///
/// Two loop orders serve the three uses (design: forward, input gradient, weight gradient): sliding
/// a small packed kernel over one image after another, and, where x's channels lie apart in memory
/// because they are really the images of a batch, summing outer products over the pixels.
///
/// `following` is done in the same pass. The numbers are those of passes of their own. `exact`
/// keeps to the plain sum of products: without it Winograd's algorithm is used where it is faster.
void correlate(Context& context, const Array& x, const Array& w, const Window& window, Array& y,
               const Following& following = {}, bool exact = false);

/// The same as plain loops in double precision: what correlate() is tested against.
void correlate_reference(const Array& x, const Array& w, const Window& window, Array& y);

/// y = a b over the last two axes: a [...,M,K], b [...,K,N] of any strides, y [...,M,N] contiguous;
/// the leading axes agree (a broadcast one has stride 0). `following` (without each_image) is done
/// in the same pass.
void matmul(Context& context, const Array& a, const Array& b, Array& y,
            const Following& following = {});

}  // namespace autonet::cpu
