#pragma once

#include "autograd/shape.h"

namespace autonet {

/// How a kernel slides along one axis.
///
/// The kernel sees a *window on the zero-extended signal*: with D(n,e) = (n - 1) e + 1 the length
/// of the input-dilated signal, it sees the positions -lo … D(n,e) + hi - 1. A negative margin
/// cuts; one that cuts more than there is still gives the right length (the window then lies on the
/// zeros).
struct AxisWindow {
  Index stride = 1;
  Index kernel_dilation = 1;
  Index input_dilation = 1;
  Index lo = 0;
  Index hi = 0;
  bool operator==(const AxisWindow&) const = default;
};

struct Window {
  AxisWindow rows;
  AxisWindow cols;
  Index groups = 1;
  bool operator==(const Window&) const = default;
};

/// D(n, e) = (n - 1) e + 1: the length of n places spread e apart.
constexpr Index dilated(Index n, Index e) {
  return (n - 1) * e + 1;
}

/// True if lengths, stride, dilations and margins are so small that every sum of their products
/// fits an Index; lengths, stride and dilations may be 2^28.
constexpr bool in_range(Index n, Index k, const AxisWindow& p) {
  constexpr Index kFactor = Index{1} << 28;
  constexpr Index kMargin = Index{1} << 58;
  return n <= kFactor && k <= kFactor && p.stride <= kFactor && p.kernel_dilation <= kFactor &&
         p.input_dilation <= kFactor && p.lo >= -kMargin && p.lo <= kMargin && p.hi >= -kMargin &&
         p.hi <= kMargin;
}

/// floor((D(n,e) + lo + hi - D(k,d)) / s) + 1; 0 where the kernel does not fit.
constexpr Index output_length(Index n, Index k, const AxisWindow& p) {
  const Index free = dilated(n, p.input_dilation) + p.lo + p.hi - dilated(k, p.kernel_dilation);
  return free < 0 ? 0 : free / p.stride + 1;
}

}  // namespace autonet
