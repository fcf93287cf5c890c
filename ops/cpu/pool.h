#pragma once

#include "autograd/array.h"
#include "autograd/context.h"
#include "autograd/function_ref.h"
#include "ops/window.h"

namespace autonet::cpu {

/// Rows and columns of a pooling or patch kernel.
struct KernelSize {
  Index rows = 1;
  Index cols = 1;
  bool operator==(const KernelSize&) const = default;
};

// All on x [N,H,W,C], y [N,Ho,Wo,C] (patches: [N,Ho,Wo,R·S·C]), windows of stride, dilation and
// margins; inputs of any strides, outputs contiguous. Work is cut by images.

/// y = the element of u where x has its first maximum in each window. Positions outside x are never
/// chosen; a NaN counts as largest. Max-pooling is pool_select(x, x). Every window must meet x.
void pool_select(Context& context, const Array& x, const Array& u, const KernelSize& kernel,
                 const Window& window, Array& y);

/// The adjoint of pool_select in u: each ybar is added where its window's first maximum lies.
void pool_spread(Context& context, const Array& x, const Array& ybar, const KernelSize& kernel,
                 const Window& window, Array& xbar);

/// One image of pool_select(x, x), of shapes x [N,H,W,C] and y [N,Ho,Wo,C], for routines that have
/// the image at hand. `scratch` holds C numbers.
void max_pool_image(const float* x, const Shape& x_shape, const Shape& y_shape,
                    const KernelSize& kernel, const Window& window, float* y, float* scratch);
void max_pool_image(const double* x, const Shape& x_shape, const Shape& y_shape,
                    const KernelSize& kernel, const Window& window, double* y, double* scratch);

/// What may be done in the same pass as pool_spread.
struct SpreadOptions {
  bool gated = false;  // xbar = 0 where x <= 0: what a ReLU that made x does to its cotangent
  /// Called when image n of xbar is finished: each(n, its numbers), on any worker.
  const FunctionRef<Index, void*>* each_image = nullptr;
};
void pool_spread(Context& context, const Array& x, const Array& ybar, const KernelSize& kernel,
                 const Window& window, Array& xbar, const SpreadOptions& options);

/// y[n,i,j,(r·S+s)·C+c] = xe[n, i·stride + r·dilation - lo, …, c]: every patch as a row.
void gather_patches(Context& context, const Array& x, const KernelSize& kernel,
                    const Window& window, Array& y);

/// The adjoint of gather_patches: adds every patch back where it came from.
void scatter_patches(Context& context, const Array& ybar, const KernelSize& kernel,
                     const Window& window, Array& xbar);

}  // namespace autonet::cpu
