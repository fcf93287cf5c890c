#pragma once

#include <string>
#include <string_view>

#include "autonet/autograd/shape.h"

namespace autonet {

/// How a kernel slides along one axis.
///
/// The kernel sees a *window on the zero-extended signal*: with D(n,e) = (n - 1) e + 1 the length
/// of the input-dilated signal, it sees the positions -lo … D(n,e) + hi - 1. A negative margin
/// cuts positions off; where it cuts more than there are, the window still has the length of the
/// formula and shows zeros.
struct AxisWindow {
  Index stride = 1;           ///< positions between one output and the next
  Index kernel_dilation = 1;  ///< positions between neighbouring elements of the kernel
  Index input_dilation = 1;   ///< positions between neighbouring elements of the input
  Index lo = 0;               ///< margin before the first element: zeros, or cut off if negative
  Index hi = 0;               ///< margin behind the last element
  /// True if all members are equal.
  bool operator==(const AxisWindow&) const = default;
};

/// How a kernel slides over an image.
struct Window {
  AxisWindow rows = {};  ///< along the rows
  AxisWindow cols = {};  ///< along the columns
  Index groups = 1;      ///< parts of the channels that are convolved separately
  /// True if all members are equal.
  bool operator==(const Window&) const = default;
};

/// Rows and columns of a pooling or patch kernel.
struct KernelSize {
  Index rows = 1;  ///< number of rows
  Index cols = 1;  ///< number of columns
  /// True if both are equal.
  bool operator==(const KernelSize&) const = default;
};

/// A window with the same margin on all four sides.
Window padded(Index padding);
/// A window with this stride along rows and columns, and the same margin on all four sides:
/// conv2d(x, w, strided(2, 1)).
Window strided(Index stride, Index padding = 0);
/// The window in which a kernel of this size keeps the size of the image: margins of
/// (kernel - 1) / 2 at the beginning and kernel / 2 at the end, rounded down.
Window same(Index kernel);

namespace internal {

/// D(n, e) = (n - 1) e + 1: the length of n places spread e apart.
constexpr Index dilated(Index n, Index e) {
  return (n - 1) * e + 1;
}

/// floor((D(n,e) + lo + hi - D(k,d)) / s) + 1; 0 where the kernel does not fit.
constexpr Index output_length(Index n, Index k, const AxisWindow& p) {
  const Index free = dilated(n, p.input_dilation) + p.lo + p.hi - dilated(k, p.kernel_dilation);
  return free < 0 ? 0 : free / p.stride + 1;
}

/// The output [N,Ho,Wo,channels] of a kernel of this size on x [N,H,W,C]. Throws Error if a length,
/// stride, dilation or margin is out of range (lengths, strides and dilations: 1 to 2^28; margins:
/// up to 2^58 either way; so that every sum of their products fits an Index) or if the kernel does
/// not fit. The error begins with `op` and ends with `shapes`.
Shape window_output(std::string_view op, const Shape& x, const KernelSize& kernel,
                    const Window& window, Index channels, std::string_view shapes);

/// The same for an op that keeps the channels and has no groups.
Shape window_output(std::string_view op, const Shape& x, const KernelSize& kernel,
                    const Window& window);

/// "x [2,5,4,3], kernel [3,3]", for errors.
std::string shapes_text(const Shape& x, const KernelSize& kernel);

}  // namespace internal
}  // namespace autonet
