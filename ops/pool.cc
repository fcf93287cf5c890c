#include "ops/pool.h"

#include <memory>

#include "autograd/error.h"
#include "autograd/tape.h"
#include "ops/arithmetic.h"
#include "ops/complex_step.h"
#include "ops/patches.h"
#include "ops/recognize.h"
#include "ops/reduce.h"
#include "ops/views.h"

namespace autonet {
namespace {

/// The shape of the pooled image; an Error that names `op` where a window does not fit or could
/// miss x.
Shape pooled_shape(const char* op, const Shape& x, const KernelSize& kernel, const Window& window) {
  if (x.rank() != 4) throw Error(std::string(op) + ": needs x [N,H,W,C], got " + x.str());
  if (window.groups != 1) throw Error(std::string(op) + ": a window here has no groups");
  const auto axis = [&](const char* name, Index n, Index k, const AxisWindow& p) {
    const std::string where = std::string(" along the ") + name + "; x " + x.str();
    if (k < 1 || n < 1) {
      throw Error(std::string(op) + ": kernel and image must not be empty" + where);
    }
    if (p.stride < 1 || p.kernel_dilation < 1) {
      throw Error(std::string(op) + ": stride and dilation must be at least 1" + where);
    }
    if (p.input_dilation != 1) {
      throw Error(std::string(op) + ": a window here has no input dilation" + where);
    }
    if (!in_range(n, k, p)) {
      throw Error(std::string(op) + ": a length, stride, dilation or margin is out of range" +
                  where);
    }
    const Index spread = dilated(k, p.kernel_dilation);
    if (p.lo < 0 || p.hi < 0 || p.lo >= spread || p.hi >= spread ||
        (p.kernel_dilation > 1 && (p.lo > 0 || p.hi > 0) && n < p.kernel_dilation)) {
      throw Error(std::string(op) + ": padding must be at least 0 and smaller than the kernel, " +
                  "got " + std::to_string(p.lo) + " and " + std::to_string(p.hi) +
                  " for a kernel of " + std::to_string(spread) + where);
    }
    const Index m = output_length(n, k, p);
    if (m < 1) {
      throw Error(std::string(op) + ": a kernel of " + std::to_string(spread) +
                  " does not fit into " + std::to_string(n + p.lo + p.hi) + where +
                  "; use a smaller kernel or more padding");
    }
    return m;
  };
  const Index rows = axis("rows", x[1], kernel.rows, window.rows);
  const Index cols = axis("columns", x[2], kernel.cols, window.cols);
  return {x[0], rows, cols, x[3]};
}

Var pool_spread(Var x, Var ybar, const KernelSize& kernel, const Window& window);

/// A fingerprint of where each window of x, pooled to shape y, has its maximum.
std::uint64_t chosen_places(Context& context, const Array& x, const Shape& y,
                            const KernelSize& kernel, const Window& window) {
  Array places = Array::uninitialized({y, x.dtype()});
  cpu::pool_select(context, x, positions_in(x.type()), kernel, window, places);
  return fingerprint_of_numbers(places);
}

/// y = u at the place of x's maximum in each window: linear in u, constant in x off ties.
class PoolSelect : public Op {
 public:
  PoolSelect(const KernelSize& kernel, const Window& window) : kernel_(kernel), p_(window) {}

  std::string_view name() const override { return "pool_select"; }
  int arity() const override { return 2; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    return {pooled_shape("max_pool2d", in[0].shape, kernel_, p_), in[0].dtype};
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::pool_select(context, in[0], in[1], kernel_, p_, y);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return pool_spread(in[0], ybar, kernel_, p_);
  }
  bool differentiable(int i) const override { return i == 1; }
  bool linear_in(int i) const override { return i == 1; }
  std::uint64_t choices(Context& context, std::span<const Array> in) const override {
    return chosen_places(context, in[0], pooled_shape("max_pool2d", in[0].shape(), kernel_, p_),
                         kernel_, p_);
  }

 private:
  KernelSize kernel_;
  Window p_;
};

Var pool_select(Var x, Var u, const KernelSize& kernel, const Window& window) {
  return x.tape().record(std::make_shared<PoolSelect>(kernel, window), {x, u});
}

/// The adjoint of PoolSelect in u; the two are each other's rule.
class PoolSpread : public Op {
 public:
  PoolSpread(const KernelSize& kernel, const Window& window) : kernel_(kernel), p_(window) {}
  PoolCall call() const { return {kernel_, p_}; }

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
  std::uint64_t choices(Context& context, std::span<const Array> in) const override {
    return chosen_places(context, in[0], in[1].shape(), kernel_, p_);
  }

 private:
  KernelSize kernel_;
  Window p_;
};

Var pool_spread(Var x, Var ybar, const KernelSize& kernel, const Window& window) {
  return x.tape().record(std::make_shared<PoolSpread>(kernel, window), {x, ybar});
}

class MaxPool2D : public Op {
 public:
  MaxPool2D(const KernelSize& kernel, const Window& window) : kernel_(kernel), p_(window) {}
  PoolCall call() const { return {kernel_, p_}; }

  std::string_view name() const override { return "max_pool2d"; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    return {pooled_shape("max_pool2d", in[0].shape, kernel_, p_), in[0].dtype};
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::pool_select(context, in[0], in[0], kernel_, p_, y);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return pool_spread(in[0], ybar, kernel_, p_);
  }
  // On the piece where it stands, the maximum is one element of x: its tangent is that of u.
  std::optional<Array> complex_step(Context& context, std::span<const Array> in, int,
                                    const Array& u) const override {
    const ArrayType type{pooled_shape("max_pool2d", in[0].shape(), kernel_, p_), in[0].dtype()};
    Array y = Array::uninitialized(type);
    cpu::pool_select(context, in[0], u, kernel_, p_, y);
    return y;
  }
  std::uint64_t choices(Context& context, std::span<const Array> in) const override {
    return chosen_places(context, in[0], pooled_shape("max_pool2d", in[0].shape(), kernel_, p_),
                         kernel_, p_);
  }

 private:
  KernelSize kernel_;
  Window p_;
};

/// How many positions of x each window meets: [1,Ho,Wo,1].
Array window_counts(const ArrayType& x, const ArrayType& y, const KernelSize& kernel,
                    const Window& window) {
  const auto count = [](Index out, Index k, const AxisWindow& p, Index n) {
    Index met = 0;
    for (Index tap = 0; tap < k; ++tap) {
      const Index place = out * p.stride + tap * p.kernel_dilation - p.lo;
      met += place >= 0 && place < n;
    }
    return met;
  };
  Array counts = Array::uninitialized({{1, y.shape[1], y.shape[2], 1}, x.dtype});
  for (Index i = 0; i < y.shape[1]; ++i) {
    for (Index j = 0; j < y.shape[2]; ++j) {
      const Index met = count(i, kernel.rows, window.rows, x.shape[1]) *
                        count(j, kernel.cols, window.cols, x.shape[2]);
      counts.set({0, i, j, 0}, static_cast<double>(met));
    }
  }
  return counts;
}

}  // namespace

std::optional<PoolCall> as_max_pool2d(const Op& op) {
  const auto* pool = dynamic_cast<const MaxPool2D*>(&op);
  return pool == nullptr ? std::nullopt : std::optional(pool->call());
}

std::optional<PoolCall> as_pool_spread(const Op& op) {
  const auto* spread = dynamic_cast<const PoolSpread*>(&op);
  return spread == nullptr ? std::nullopt : std::optional(spread->call());
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
    throw Error("global_avg_pool: needs x [N,H,W,C], got " + x.shape().str());
  }
  return mean(x, {1, 2});
}

std::vector<OpInfo> pool_ops() {
  const auto images = [](Index n, Index h, Index w, Index c) {
    return InputSpec{{n, h, w, c}, -1, 1, InputSpec::Kind::distinct};
  };
  const Window halves{{2, 1, 1, 0, 0}, {2, 1, 1, 0, 0}, 1};
  const Window overlapping{{2, 1, 1, 1, 0}, {1, 1, 1, 1, 2}, 1};
  const Window spread{{1, 2, 1, 0, 0}, {3, 1, 1, 0, 1}, 1};
  return {
      {"max_pool2d",
       "y = largest x in each window",
       {{"2x2, stride 2, a remainder",
         {images(2, 5, 4, 3)},
         [=](auto in) {
           return max_pool2d(in[0], {2, 2}, halves);
         }},
        {"overlapping, padded",
         {images(2, 5, 4, 2)},
         [=](auto in) {
           return max_pool2d(in[0], {3, 3}, overlapping);
         }},
        {"dilation and stride 3",
         {images(1, 5, 7, 2)},
         [=](auto in) {
           return max_pool2d(in[0], {2, 2}, spread);
         }}}},
      {"pool_select",
       "y = u at the place of x's maximum in each window",
       {{"overlapping",
         {images(2, 5, 4, 2), {{2, 5, 4, 2}}},
         [=](auto in) {
           return pool_select(in[0], in[1], {3, 3}, overlapping);
         }}}},
      {"pool_spread",
       "the adjoint of pool_select",
       {{"overlapping",
         {images(2, 5, 4, 2), {pooled_shape("", {2, 5, 4, 2}, {3, 3}, overlapping)}},
         [=](auto in) {
           return pool_spread(in[0], in[1], {3, 3}, overlapping);
         }}}},
      {"avg_pool2d",
       "y = mean of x in each window",
       {{"2x2, stride 2",
         {{{2, 5, 4, 3}}},
         [=](auto in) {
           return avg_pool2d(in[0], {2, 2}, halves);
         }},
        {"padding not counted",
         {{{2, 5, 4, 2}}},
         [=](auto in) {
           return avg_pool2d(in[0], {3, 3}, overlapping);
         }},
        {"padding counted",
         {{{2, 5, 4, 2}}},
         [=](auto in) {
           return avg_pool2d(in[0], {3, 3}, overlapping, true);
         }}}},
      {"global_avg_pool",
       "y[n,c] = mean of x[n,:,:,c]",
       {{"odd shape", {{{2, 3, 5, 2}}}, [](auto in) { return global_avg_pool(in[0]); }}}},
  };
}

}  // namespace autonet
