#pragma once

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/autograd/function_ref.h"
#include "autonet/ops/window.h"

namespace autonet::cpu {

// For x [N,H,W,C] and y [N,Ho,Wo,C] (patches: [N,Ho,Wo,R·S·C]): inputs of any strides, outputs
// contiguous. The work is cut by images.

/// y = the element of u where x has its first maximum in each window. Positions outside x are never
/// chosen; a NaN counts as largest. Max-pooling is pool_select(x, x). Every window must contain a
/// pixel of x.
void pool_select(Context& context, const Array& x, const Array& u, const KernelSize& kernel,
                 const Window& window, Array& y);

/// pool_select(x, x) for one image of a batch of shapes x [N,H,W,C] and y [N,Ho,Wo,C]. `scratch`
/// holds C numbers.
template <typename T>
void max_pool_image(const T* x, const Shape& x_shape, const Shape& y_shape,
                    const KernelSize& kernel, const Window& window, T* y, T* scratch);

/// What pool_spread does in the same pass.
struct SpreadOptions {
  bool gated = false;  // xbar = 0 where x <= 0: the gradient of a ReLU whose output is x
  /// Called when image n of xbar is finished: each(n, its numbers), on any worker.
  const FunctionRef<Index, void*>* each_image = nullptr;
};

/// The adjoint of pool_select in u: each ybar is added where its window's first maximum lies.
void pool_spread(Context& context, const Array& x, const Array& ybar, const KernelSize& kernel,
                 const Window& window, Array& xbar, const SpreadOptions& options = {});

/// y[n,i,j,(r·S+s)·C+c] = xe[n, i·stride + r·dilation - lo, …, c]: every patch as a row.
void gather_patches(Context& context, const Array& x, const KernelSize& kernel,
                    const Window& window, Array& y);

/// The adjoint of gather_patches: adds every patch back where it came from.
void scatter_patches(Context& context, const Array& ybar, const KernelSize& kernel,
                     const Window& window, Array& xbar);

}  // namespace autonet::cpu
