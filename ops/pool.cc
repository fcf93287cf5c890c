#include "autonet/ops/pool.h"

#include <memory>

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
#include "ops/recognize.h"

namespace autonet {
namespace {

/// The shape of the pooled image; an Error that names `op` where a window does not fit or could lie
/// wholly outside x.
Shape pooled_shape(const char* op, const Shape& x, const KernelSize& kernel, const Window& window) {
  const Shape y = internal::window_output(op, x, kernel, window);
  const auto check = [&](const char* axis, Index n, Index k, const AxisWindow& p) {
    const std::string shapes = internal::shapes_text(x, kernel);
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

Var pool_spread(Var x, Var ybar, const KernelSize& kernel, const Window& window);

/// What the three ops have in common: the window, and the choice of each window's maximum.
class MaxOp : public Op {
 public:
  MaxOp(const KernelSize& kernel, const Window& window) : kernel_(kernel), p_(window) {}
  internal::PoolCall call() const { return {kernel_, p_}; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    return {pooled_shape("max_pool2d", in[0].shape, kernel_, p_), in[0].dtype};
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
      {"global_avg_pool",
       "y[n,c] = mean of x[n,:,:,c]",
       {{"odd shape", {{{2, 3, 5, 2}}}, [](auto in) { return global_avg_pool(in[0]); }}}},
  };
}

}  // namespace autonet
