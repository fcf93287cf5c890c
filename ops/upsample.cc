#include "autonet/ops/upsample.h"

#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/families.h"

namespace autonet {
namespace {

void check(const char* op, Var x, Index rows, Index cols) {
  if (x.rank() == 4 && rows >= 1 && cols >= 1) return;
  throw Error(text::concat(op, ": needs x [N,H,W,C] and factors of at least 1, got x ", x.shape(),
                           " and factors ", rows, " and ", cols));
}

/// x interpolated along one of its four axes. Number i · factor + p of y, for p below factor, lies
/// between numbers i - 1 and i or i and i + 1 of x; beyond the ends lie copies of the outer ones.
Var interpolate(Var x, int axis, Index factor) {
  const Index n = x.shape()[axis];
  if (factor == 1 || n == 0) return x;
  const Var wide = concat({slice(x, axis, 0, 1), x, slice(x, axis, n - 1, 1)}, axis);
  std::vector<Var> phases;
  for (Index p = 0; p < factor; ++p) {
    const double place = (static_cast<double>(p) + 0.5) / static_cast<double>(factor) - 0.5;
    const Var neighbour = slice(wide, axis, place < 0.0 ? 0 : 2, n);
    phases.push_back(place == 0.0 ? x : x + (neighbour - x) * std::abs(place));
  }
  return reshape(stack(phases, axis + 1), x.shape().with(axis, n * factor));
}

}  // namespace

Var upsample_nearest(Var x, Index rows, Index cols) {
  check("upsample_nearest", x, rows, cols);
  const Shape& n = x.shape();
  const Var apart = reshape(x, {n[0], n[1], 1, n[2], 1, n[3]});
  const Var copies = broadcast_to(apart, {n[0], n[1], rows, n[2], cols, n[3]});
  return reshape(copies, {n[0], n[1] * rows, n[2] * cols, n[3]});
}

Var upsample_linear(Var x, Index rows, Index cols) {
  check("upsample_linear", x, rows, cols);
  return interpolate(interpolate(x, 1, rows), 2, cols);
}

std::vector<OpInfo> internal::upsample_ops() {
  const InputSpec images{{2, 3, 2, 2}};
  return {{"upsample_nearest",
           "y[n,i,j,c] = x[n, i / rows, j / cols, c], rounded down",
           {{"2 and 3 times", {images}, [](auto in) { return upsample_nearest(in[0], 2, 3); }}}},
          {"upsample_linear",
           "y = x interpolated linearly along each axis",
           {{"2 and 3 times", {images}, [](auto in) { return upsample_linear(in[0], 2, 3); }}}}};
}

}  // namespace autonet
