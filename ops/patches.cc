#include "autonet/ops/patches.h"

#include <memory>

#include "autograd/leaves.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/cpu/pool.h"
#include "ops/families.h"
#include "ops/recognize.h"

namespace autonet {
namespace {

/// The shape of all patches of `image`; an Error that names `op` where the kernel does not fit.
Shape patches_shape(const char* op, const Shape& image, const KernelSize& kernel,
                    const Window& window) {
  const Shape y = internal::window_output(op, image, kernel, window);
  const Index patch = Shape{kernel.rows, kernel.cols, image[3]}.size();  // throws if it overflows
  return y.with(3, patch);
}

class GatherPatches : public Op {
 public:
  GatherPatches(const KernelSize& kernel, const Window& window) : kernel_(kernel), p_(window) {}
  internal::PatchCall call() const { return {kernel_, p_}; }

  std::string_view name() const override { return "gather_patches"; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    return {patches_shape("gather_patches", in[0].shape, kernel_, p_), in[0].dtype};
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::gather_patches(context, in[0], kernel_, p_, y);
  }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return scatter_patches(ybar, in[0].shape(), kernel_, p_);
  }
  bool linear_in(int) const override { return true; }
  BatchUse batch_use(std::span<const Array> in, std::span<int> axes) const override {
    return internal::each_along_first_axis(in, axes);
  }

 private:
  KernelSize kernel_;
  Window p_;
};

class ScatterPatches : public Op {
 public:
  ScatterPatches(const Shape& image, const KernelSize& kernel, const Window& window)
      : image_(image), kernel_(kernel), p_(window) {}
  internal::PatchCall call() const { return {kernel_, p_}; }

  std::string_view name() const override { return "scatter_patches"; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    const Shape expected = patches_shape("scatter_patches", image_, kernel_, p_);
    if (in[0].shape != expected) {
      throw Error(text::concat("scatter_patches: the patches of an image ", image_, " are ",
                               expected, ", got ", in[0].shape));
    }
    return {image_, in[0].dtype};
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::scatter_patches(context, in[0], kernel_, p_, y);
  }
  Var vjp(int, std::span<const Var>, Var, Var ybar) const override {
    return gather_patches(ybar, kernel_, p_);
  }
  bool linear_in(int) const override { return true; }
  BatchUse batch_use(std::span<const Array> in, std::span<int> axes) const override {
    return internal::each_along_first_axis(in, axes);
  }

 private:
  Shape image_;
  KernelSize kernel_;
  Window p_;
};

}  // namespace

std::optional<internal::PatchCall> internal::as_gather_patches(const Op& op) {
  return call_of<GatherPatches>(op);
}

std::optional<internal::PatchCall> internal::as_scatter_patches(const Op& op) {
  return call_of<ScatterPatches>(op);
}

Var gather_patches(Var x, const KernelSize& kernel, const Window& window) {
  return x.tape().record(std::make_shared<GatherPatches>(kernel, window), {x});
}

Var scatter_patches(Var y, const Shape& image, const KernelSize& kernel, const Window& window) {
  return y.tape().record(std::make_shared<ScatterPatches>(image, kernel, window), {y});
}

Var conv2d_patches(Var x, Var w, const Window& window) {
  if (x.rank() != 4 || w.rank() != 4 || window.groups < 1 ||
      w.shape()[2] * window.groups != x.shape()[3] || w.shape()[3] % window.groups != 0) {
    throw Error(
        text::concat("conv2d_patches: w must be [R,S,C,K] with C the channels of x in each of ",
                     window.groups, " groups; x ", x.shape(), ", w ", w.shape()));
  }
  const Shape& k = w.shape();
  const Index outputs = k[3] / window.groups;
  const Window each{.rows = window.rows, .cols = window.cols};
  std::vector<Var> parts;
  for (Index g = 0; g < window.groups; ++g) {
    const Var input = window.groups == 1 ? x : slice(x, 3, g * k[2], k[2]);
    const Var weights = window.groups == 1 ? w : slice(w, 3, g * outputs, outputs);
    const Var rows = gather_patches(input, {k[0], k[1]}, each);  // [N,Ho,Wo,R·S·C]
    const Shape& m = rows.shape();
    const Var y =
        matmul(reshape(rows, {m[0] * m[1] * m[2], m[3]}), reshape(weights, {m[3], outputs}));
    parts.push_back(reshape(y, {m[0], m[1], m[2], outputs}));
  }
  return parts.size() == 1 ? parts[0] : concat(parts, 3);
}

std::vector<OpInfo> internal::patch_ops() {
  const Window odd{.rows = {.stride = 2, .lo = 1, .hi = 2},
                   .cols = {.kernel_dilation = 2, .hi = 1}};
  const Window cut{.rows = {.input_dilation = 2, .lo = -1, .hi = 1},
                   .cols = {.stride = 2, .lo = 2, .hi = -1}};
  const Shape image{2, 4, 5, 2};
  const KernelSize kernel{3, 2};
  const auto gathered = [](const KernelSize& size, const Window& window) {
    return [=](auto in) { return gather_patches(in[0], size, window); };
  };
  const Window halves{.rows = {.stride = 2, .lo = 1}, .cols = {.lo = 1, .hi = 1}, .groups = 2};
  return {
      {"gather_patches",
       "y[n,i,j,(r S + s) C + c] = x[n, i stride + r dilation - lo, ..., c]",
       {{"stride, dilation, uneven margins", {{image}}, gathered(kernel, odd)},
        {"input dilation, negative margins", {{{1, 4, 5, 3}}}, gathered({2, 2}, cut)}}},
      {"scatter_patches",
       "the adjoint of gather_patches",
       {{"stride, dilation, uneven margins",
         {{patches_shape("", image, kernel, odd)}},
         [=](auto in) { return scatter_patches(in[0], image, kernel, odd); }}}},
      {"conv2d_patches",
       "y = conv2d(x, w), as patches times weights",
       {{"padding 1",
         {{{2, 4, 3, 2}}, {{3, 3, 2, 3}}},
         [](auto in) { return conv2d_patches(in[0], in[1], padded(1)); }},
        {"groups, stride 2",
         {{{2, 5, 4, 4}}, {{2, 3, 2, 6}}},
         [=](auto in) { return conv2d_patches(in[0], in[1], halves); }}}},
  };
}

}  // namespace autonet
