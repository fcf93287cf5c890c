#include "autonet/ops/pool.h"

#include <memory>

#include "autograd/leaves.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/patches.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/complex_step.h"
#include "ops/cpu/pool.h"
#include "ops/families.h"
#include "ops/fusion.h"
#include "ops/recognize.h"

namespace autonet {
namespace {

/// The shape of the pooled image; an Error that names `op` where a window does not fit or could lie
/// wholly outside x.
Shape pooled_shape(const char* op, const Shape& x, const KernelSize& kernel, const Window& window,
                   const std::string& shapes) {
  const Shape y = internal::window_output(op, x, kernel, window, x[3], shapes);
  const auto check = [&](const char* axis, Index n, Index k, const AxisWindow& p) {
    if (p.input_dilation != 1) {
      throw Error(text::concat(op, ": input dilation along the ", axis, " must be 1, got ",
                               p.input_dilation, "; ", shapes));
    }
    const Index covered = internal::dilated(k, p.kernel_dilation);
    const bool padded = p.lo != 0 || p.hi != 0;
    if (p.lo < 0 || p.hi < 0 || p.lo >= covered || p.hi >= covered ||
        (padded && p.kernel_dilation > 1 && n < p.kernel_dilation)) {
      throw Error(text::concat(op, ": padding along the ", axis,
                               " must be at least 0 and smaller than the kernel, got ", p.lo,
                               " and ", p.hi, " for a kernel that covers ", covered, "; ", shapes));
    }
  };
  check("rows", x[1], kernel.rows, window.rows);
  check("columns", x[2], kernel.cols, window.cols);
  return y;
}

Shape pooled_shape(const char* op, const Shape& x, const KernelSize& kernel, const Window& window) {
  internal::window_output(op, x, kernel, window);  // refuses other ranks, and groups
  return pooled_shape(op, x, kernel, window, internal::shapes_text(x, kernel));
}

Var pool_spread(Var x, Var ybar, const KernelSize& kernel, const Window& window);

/// What the three ops have in common: the window, and the choice of each window's maximum.
class MaxOp : public Op {
 public:
  MaxOp(const KernelSize& kernel, const Window& window) : kernel_(kernel), p_(window) {}
  internal::PoolCall call() const { return {kernel_, p_}; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    return {pooled_shape("max_pool2d", in[0].shape, kernel_, p_), in[0].dtype};
  }
  BatchUse batch_use(std::span<const Array> in, std::span<int> axes) const override {
    return internal::each_along_first_axis(in, axes);
  }
  /// A fingerprint of the place of the maximum in each window of x.
  std::uint64_t choices(Context& context, std::span<const Array> in) const override {
    const ArrayType x = in[0].type();
    return internal::fingerprint_of_numbers(selected(context, in[0], internal::positions_in(x)));
  }

 protected:
  /// The elements of u at the places of x's maxima.
  Array selected(Context& context, const Array& x, const Array& u) const {
    Array y = Array::uninitialized({pooled_shape("max_pool2d", x.shape(), kernel_, p_), x.dtype()});
    cpu::pool_select(context, x, u, kernel_, p_, y);
    return y;
  }

  KernelSize kernel_;
  Window p_;
};

/// y = u at the place of x's maximum in each window: linear in u, constant in x off ties.
class PoolSelect : public MaxOp {
 public:
  using MaxOp::MaxOp;

  std::string_view name() const override { return "pool_select"; }
  int arity() const override { return 2; }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::pool_select(context, in[0], in[1], kernel_, p_, y);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return pool_spread(in[0], ybar, kernel_, p_);
  }
  bool differentiable(int i) const override { return i == 1; }
  bool linear_in(int i) const override { return i == 1; }
};

Var pool_select(Var x, Var u, const KernelSize& kernel, const Window& window) {
  return x.tape().record(std::make_shared<PoolSelect>(kernel, window), {x, u});
}

/// The adjoint of PoolSelect in u; the two are each other's rule.
class PoolSpread : public MaxOp {
 public:
  using MaxOp::MaxOp;

  std::string_view name() const override { return "pool_spread"; }
  std::span<const Fusion> fusions() const override { return internal::fusions(); }
  int arity() const override { return 2; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::pool_spread(context, in[0], in[1], kernel_, p_, y);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return pool_select(in[0], ybar, kernel_, p_);
  }
  bool differentiable(int i) const override { return i == 1; }
  bool linear_in(int i) const override { return i == 1; }
};

Var pool_spread(Var x, Var ybar, const KernelSize& kernel, const Window& window) {
  return x.tape().record(std::make_shared<PoolSpread>(kernel, window), {x, ybar});
}

class MaxPool2D : public MaxOp {
 public:
  using MaxOp::MaxOp;

  std::string_view name() const override { return "max_pool2d"; }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::pool_select(context, in[0], in[0], kernel_, p_, y);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return pool_spread(in[0], ybar, kernel_, p_);
  }
  // On its piece the maximum is one element of x, whose tangent is that element of u.
  std::optional<Array> complex_step(Context& context, std::span<const Array> in, int,
                                    const Array& u) const override {
    return selected(context, in[0], u);
  }
};

/// The number of positions of each window inside x: [1,Ho,Wo,1].
Array window_counts(const ArrayType& x, const ArrayType& y, const KernelSize& kernel,
                    const Window& window) {
  const auto count = [](Index out, Index k, const AxisWindow& p, Index n) {
    Index inside = 0;
    for (Index tap = 0; tap < k; ++tap) {
      const Index place = out * p.stride + tap * p.kernel_dilation - p.lo;
      inside += place >= 0 && place < n;
    }
    return inside;
  };
  Array counts = Array::uninitialized({{1, y.shape[1], y.shape[2], 1}, x.dtype});
  for (Index i = 0; i < y.shape[1]; ++i) {
    for (Index j = 0; j < y.shape[2]; ++j) {
      const Index inside = count(i, kernel.rows, window.rows, x.shape[1]) *
                           count(j, kernel.cols, window.cols, x.shape[2]);
      counts.set({0, i, j, 0}, static_cast<double>(inside));
    }
  }
  return counts;
}

}  // namespace

std::optional<internal::PoolCall> internal::as_max_pool2d(const Op& op) {
  return call_of<MaxPool2D>(op);
}

std::optional<internal::PoolCall> internal::as_pool_spread(const Op& op) {
  return call_of<PoolSpread>(op);
}

Var max_pool2d(Var x, const KernelSize& kernel, const Window& window) {
  return x.tape().record(std::make_shared<MaxPool2D>(kernel, window), {x});
}

Var avg_pool2d(Var x, const KernelSize& kernel, const Window& window, bool count_padding) {
  const Shape y = pooled_shape("avg_pool2d", x.shape(), kernel, window);
  const Index taps = kernel.rows * kernel.cols;
  const Var patches = gather_patches(x, kernel, window);  // [N,Ho,Wo,R·S·C]
  const Var total = sum(reshape(patches, {y[0], y[1], y[2], taps, y[3]}), {3});
  const bool padded = window.rows.lo + window.rows.hi + window.cols.lo + window.cols.hi > 0;
  if (count_padding || !padded) return scale(total, 1.0 / static_cast<double>(taps));
  return total / x.tape().constant(window_counts(x.type(), total.type(), kernel, window));
}

Var max_pool2d_indices(Var x, const KernelSize& kernel, const Window& window) {
  pooled_shape("max_pool2d_indices", x.shape(), kernel, window);
  const Shape& n = x.shape();
  if (x.dtype() == DType::f32 && n[1] * n[2] > Index{1} << 24) {
    throw Error(text::concat("max_pool2d_indices: the pixels of x ", n,
                             " have no exact numbers in f32; use f64"));
  }
  const Array places = internal::array_of({{1, n[1], n[2], 1}, x.dtype()},
                                          [](size_t k) { return static_cast<double>(k); });
  return pool_select(x, x.tape().constant(places.broadcast_to(n)), kernel, window);
}

Window with_partial_windows(const Window& window, const Shape& x, const KernelSize& kernel) {
  internal::window_output("with_partial_windows", x, kernel, window);
  const auto widened = [](AxisWindow p, Index n, Index k) {
    const Index left = (n + p.lo + p.hi - internal::dilated(k, p.kernel_dilation)) % p.stride;
    const Index next = internal::output_length(n, k, p) * p.stride - p.lo;  // where it would begin
    if (left > 0 && next < n) p.hi += p.stride - left;
    return p;
  };
  return {.rows = widened(window.rows, x[1], kernel.rows),
          .cols = widened(window.cols, x[2], kernel.cols),
          .groups = window.groups};
}

namespace {

/// pool(images, kernel, window) for the lines of x [N,L,C], seen as images of one row.
template <typename Pool>
Var pooled_lines(const char* op, Var x, Index kernel, const AxisWindow& window, Pool pool) {
  if (x.rank() != 3) throw Error(text::concat(op, ": needs x [N,L,C], got ", x.shape()));
  const Var images = reshape(x, {x.shape()[0], 1, x.shape()[1], x.shape()[2]});
  const KernelSize size{1, kernel};
  const Window cols{.cols = window};
  // Throws errors that name this op and its shapes.
  pooled_shape(op, images.shape(), size, cols,
               text::concat("x ", x.shape(), ", kernel [", kernel, "]"));
  const Var y = pool(images, size, cols);
  return reshape(y, {y.shape()[0], y.shape()[2], y.shape()[3]});
}

}  // namespace

Var max_pool1d(Var x, Index kernel, const AxisWindow& window) {
  return pooled_lines("max_pool1d", x, kernel, window, max_pool2d);
}

Var avg_pool1d(Var x, Index kernel, const AxisWindow& window, bool count_padding) {
  return pooled_lines("avg_pool1d", x, kernel, window,
                      [=](Var images, const KernelSize& size, const Window& cols) {
                        return avg_pool2d(images, size, cols, count_padding);
                      });
}

Var global_avg_pool(Var x) {
  if (x.rank() != 4) {
    throw Error(text::concat("global_avg_pool: needs x [N,H,W,C], got ", x.shape()));
  }
  return mean(x, {1, 2});
}

std::vector<OpInfo> internal::pool_ops() {
  const auto images = [](Index n, Index h, Index w, Index c) {
    return InputSpec{.shape = {n, h, w, c}, .kind = InputSpec::Kind::distinct};
  };
  const Window halves{.rows = {.stride = 2}, .cols = {.stride = 2}};
  const Window overlapping{.rows = {.stride = 2, .lo = 1}, .cols = {.lo = 1, .hi = 2}};
  const Window spread{.rows = {.kernel_dilation = 2}, .cols = {.stride = 3, .hi = 1}};
  const auto largest = [](const KernelSize& kernel, const Window& window) {
    return [=](auto in) { return max_pool2d(in[0], kernel, window); };
  };
  const auto average = [](const KernelSize& kernel, const Window& window, bool padding = false) {
    return [=](auto in) { return avg_pool2d(in[0], kernel, window, padding); };
  };
  const KernelSize three{3, 3};
  const AxisWindow partial =
      with_partial_windows({.cols = {.stride = 3}}, {2, 1, 7, 3}, {1, 3}).cols;
  return {
      {"max_pool2d",
       "y = largest x in each window",
       {{"2x2, stride 2, a remainder", {images(2, 5, 4, 3)}, largest({2, 2}, halves)},
        {"overlapping, padded", {images(2, 5, 4, 2)}, largest(three, overlapping)},
        {"dilation and stride 3", {images(1, 5, 7, 2)}, largest({2, 2}, spread)}}},
      {"pool_select",
       "y = u at the place of x's maximum in each window",
       {{"overlapping",
         {images(2, 5, 4, 2), {{2, 5, 4, 2}}},
         [=](auto in) { return pool_select(in[0], in[1], three, overlapping); }}}},
      {"pool_spread",
       "the adjoint of pool_select",
       {{"overlapping",
         {images(2, 5, 4, 2), {pooled_shape("", {2, 5, 4, 2}, three, overlapping)}},
         [=](auto in) { return pool_spread(in[0], in[1], three, overlapping); }}}},
      {"avg_pool2d",
       "y = mean of x in each window",
       {{"2x2, stride 2", {{{2, 5, 4, 3}}}, average({2, 2}, halves)},
        {"padding not counted", {{{2, 5, 4, 2}}}, average(three, overlapping)},
        {"padding counted", {{{2, 5, 4, 2}}}, average(three, overlapping, true)}}},
      {"max_pool2d_indices",
       "the place of the largest x in each window",
       {{"overlapping",
         {{{2, 5, 4, 2}, 0, 2, InputSpec::Kind::integer}},
         [=](auto in) { return max_pool2d_indices(in[0], three, overlapping); }}}},
      {"max_pool1d",
       "y = largest x in each window of a line",
       {{"partial windows",
         {{.shape = {2, 7, 3}, .kind = InputSpec::Kind::distinct}},
         [=](auto in) { return max_pool1d(in[0], 3, partial); }}}},
      {"avg_pool1d",
       "y = mean of x in each window of a line",
       {{"partial windows",
         {{{2, 7, 3}}},
         [=](auto in) { return avg_pool1d(in[0], 3, partial); }}}},
      {"global_avg_pool",
       "y[n,c] = mean of x[n,:,:,c]",
       {{"odd shape", {{{2, 3, 5, 2}}}, [](auto in) { return global_avg_pool(in[0]); }}}},
  };
}

}  // namespace autonet
