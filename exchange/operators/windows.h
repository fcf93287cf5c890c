#pragma once

#include <vector>

#include "autonet/ops/window.h"
#include "exchange/call.h"

namespace autonet::exchange {

/// The windows of a convolution or pooling along each of one to three axes.
struct Windows {
  std::vector<Index> kernel;
  std::vector<AxisWindow> axes;

  /// One or two axes as rows and columns; a single axis becomes the columns of one row.
  Window window(Index groups = 1) const;
  KernelSize kernel_size() const;
};

/// Reads strides, dilations, pads and auto_pad for x [N,C,…] and a kernel of these lengths. Throws
/// NotSupported for four axes and more.
Windows windows_of(const Call& c, const Shape& x, const std::vector<Index>& kernel);

/// [N,C,L] or [N,C,H,W] as [N,H,W,C], where H is 1 for one axis.
Var as_image(Var x);
/// [N,H,W,C] as [N,C,L] or [N,C,H,W].
Var from_image(Var y, int rank);

}  // namespace autonet::exchange
