#include "autonet/ops/upsample.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/matmul.h"
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

/// The matrix [n · factor, n] that interpolates between n numbers.
Array interpolation(Index n, Index factor, DType dtype) {
  Array matrix = Array::zeros({{n * factor, n}, dtype});
  for (Index i = 0; i < n * factor; ++i) {
    const double place = (static_cast<double>(i) + 0.5) / static_cast<double>(factor) - 0.5;
    const double inside = std::clamp(place, 0.0, static_cast<double>(n - 1));
    const auto before = static_cast<Index>(inside);
    const double share = inside - static_cast<double>(before);
    matrix.set({i, before}, 1.0 - share);
    if (share > 0.0) matrix.set({i, before + 1}, share);
  }
  return matrix;
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
  const Shape n = x.shape();
  const auto matrix = [&](Index length, Index factor) {
    return x.tape().constant(interpolation(length, factor, x.dtype()));
  };
  const Var tall = matmul(matrix(n[1], rows), reshape(x, {n[0], n[1], n[2] * n[3]}));
  const Var lines = reshape(tall, {n[0] * n[1] * rows, n[2], n[3]});
  return reshape(matmul(matrix(n[2], cols), lines), {n[0], n[1] * rows, n[2] * cols, n[3]});
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
