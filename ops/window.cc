#include "autonet/ops/window.h"

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet {

Window padded(Index padding) {
  const AxisWindow axis{.lo = padding, .hi = padding};
  return {.rows = axis, .cols = axis};
}

Window strided(Index stride, Index padding) {
  Window window = padded(padding);
  window.rows.stride = window.cols.stride = stride;
  return window;
}

Window same(Index kernel) {
  Window window = padded((kernel - 1) / 2);
  window.rows.hi = window.cols.hi = kernel / 2;
  return window;
}

namespace internal {
namespace {

Index checked_length(std::string_view op, const char* axis, Index n, Index k, const AxisWindow& p,
                     std::string_view shapes) {
  using text::concat;
  constexpr Index kMost = Index{1} << 28;
  constexpr Index kMargin = Index{1} << 58;
  const auto require = [&](const char* what, Index value, Index least, Index most) {
    if (value >= least && value <= most) return;
    throw Error(concat(op, ": ", what, " along the ", axis, " must be from ", least, " to ", most,
                       ", got ", value, "; ", shapes));
  };
  require("stride", p.stride, 1, kMost);
  require("kernel dilation", p.kernel_dilation, 1, kMost);
  require("input dilation", p.input_dilation, 1, kMost);
  require("the image's length", n, 1, kMost);
  require("the kernel's length", k, 1, kMost);
  require("the first margin", p.lo, -kMargin, kMargin);
  require("the last margin", p.hi, -kMargin, kMargin);
  const Index length = output_length(n, k, p);
  if (length >= 1) return length;
  throw Error(concat(op, ": the kernel covers ", dilated(k, p.kernel_dilation), " ", axis,
                     " but x has ", dilated(n, p.input_dilation) + p.lo + p.hi,
                     " with its margins ", p.lo, " and ", p.hi, "; ", shapes,
                     "; use a smaller kernel or more padding"));
}

}  // namespace

Shape window_output(std::string_view op, const Shape& x, const KernelSize& kernel,
                    const Window& window, Index channels, std::string_view shapes) {
  const Index rows = checked_length(op, "rows", x[1], kernel.rows, window.rows, shapes);
  const Index cols = checked_length(op, "columns", x[2], kernel.cols, window.cols, shapes);
  return {x[0], rows, cols, channels};
}

Shape window_output(std::string_view op, const Shape& x, const KernelSize& kernel,
                    const Window& window) {
  if (x.rank() != 4) throw Error(text::concat(op, ": needs x [N,H,W,C], got ", x));
  const std::string shapes = shapes_text(x, kernel);
  if (window.groups != 1) {
    throw Error(text::concat(op, ": groups must be 1, got ", window.groups, "; ", shapes));
  }
  return window_output(op, x, kernel, window, x[3], shapes);
}

std::string shapes_text(const Shape& x, const KernelSize& kernel) {
  return text::concat("x ", x, ", kernel [", kernel.rows, ",", kernel.cols, "]");
}

}  // namespace internal
}  // namespace autonet
