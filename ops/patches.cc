#include "ops/patches.h"

#include <memory>

#include "autograd/error.h"
#include "autograd/tape.h"
#include "ops/conv2d.h"
#include "ops/matmul.h"
#include "ops/pad.h"
#include "ops/recognize.h"
#include "ops/views.h"

namespace autonet {
namespace {

/// The shape of all patches of `image`; an Error that names `op` where the kernel does not fit.
Shape patches_shape(const char* op, const Shape& image, const KernelSize& kernel,
                    const Window& window) {
  const std::string what = "kernel [" + std::to_string(kernel.rows) + "," +
                           std::to_string(kernel.cols) + "] on x " + image.str();
  if (image.rank() != 4) throw Error(std::string(op) + ": needs x [N,H,W,C], got " + image.str());
  if (window.groups != 1) throw Error(std::string(op) + ": a window here has no groups");
  for (const AxisWindow& p : {window.rows, window.cols}) {
    if (p.stride < 1 || p.kernel_dilation < 1 || p.input_dilation < 1) {
      throw Error(std::string(op) + ": stride and dilations must be at least 1; " + what);
    }
  }
  if (kernel.rows < 1 || kernel.cols < 1 || image[1] < 1 || image[2] < 1) {
    throw Error(std::string(op) + ": kernel and image must not be empty; " + what);
  }
  if (!in_range(image[1], kernel.rows, window.rows) ||
      !in_range(image[2], kernel.cols, window.cols)) {
    throw Error(std::string(op) + ": a length, stride, dilation or margin is out of range; " +
                what);
  }
  const Index rows = output_length(image[1], kernel.rows, window.rows);
  const Index cols = output_length(image[2], kernel.cols, window.cols);
  if (rows < 1 || cols < 1) {
    throw Error(std::string(op) + ": the kernel is larger than the image with its margins; " +
                what + "; use a smaller kernel or more padding");
  }
  const Index patch = Shape{kernel.rows, kernel.cols, image[3]}.size();  // refuses what overflows
  return {image[0], rows, cols, patch};
}

class GatherPatches : public Op {
 public:
  GatherPatches(const KernelSize& kernel, const Window& window) : kernel_(kernel), p_(window) {}
  PatchCall call() const { return {kernel_, p_}; }

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

 private:
  KernelSize kernel_;
  Window p_;
};

class ScatterPatches : public Op {
 public:
  ScatterPatches(const Shape& image, const KernelSize& kernel, const Window& window)
      : image_(image), kernel_(kernel), p_(window) {}

  std::string_view name() const override { return "scatter_patches"; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    const Shape expected = patches_shape("scatter_patches", image_, kernel_, p_);
    if (in[0].shape != expected) {
      throw Error("scatter_patches: the patches of an image " + image_.str() + " are " +
                  expected.str() + ", got " + in[0].shape.str());
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

 private:
  Shape image_;
  KernelSize kernel_;
  Window p_;
};

}  // namespace

std::optional<PatchCall> as_gather_patches(const Op& op) {
  const auto* gather = dynamic_cast<const GatherPatches*>(&op);
  return gather == nullptr ? std::nullopt : std::optional(gather->call());
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
    throw Error("conv2d_patches: w must be [R,S,C,K] with C the channels of x in each of " +
                std::to_string(window.groups) + " groups; x " + x.shape().str() + ", w " +
                w.shape().str());
  }
  const Shape& k = w.shape();
  const Index outputs = k[3] / window.groups;
  Window each = window;
  each.groups = 1;
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

std::vector<OpInfo> patch_ops() {
  const Window odd{{2, 1, 1, 1, 2}, {1, 2, 1, 0, 1}, 1};
  const Window cut{{1, 1, 2, -1, 1}, {2, 1, 1, 2, -1}, 1};
  return {
      {"gather_patches",
       "y[n,i,j,(r S + s) C + c] = x[n, i stride + r dilation - lo, ..., c]",
       {{"stride, dilation, uneven margins",
         {{{2, 4, 5, 2}}},
         [=](auto in) {
           return gather_patches(in[0], {3, 2}, odd);
         }},
        {"input dilation, negative margins",
         {{{1, 4, 5, 3}}},
         [=](auto in) {
           return gather_patches(in[0], {2, 2}, cut);
         }}}},
      {"scatter_patches",
       "the adjoint of gather_patches",
       {{"stride, dilation, uneven margins",
         {{patches_shape("", {2, 4, 5, 2}, {3, 2}, odd)}},
         [=](auto in) {
           return scatter_patches(in[0], {2, 4, 5, 2}, {3, 2}, odd);
         }}}},
      {"conv2d_patches",
       "y = conv2d(x, w), as patches times weights",
       {{"padding 1",
         {{{2, 4, 3, 2}}, {{3, 3, 2, 3}}},
         [](auto in) { return conv2d_patches(in[0], in[1], padded(1)); }},
        {"groups, stride 2",
         {{{2, 5, 4, 4}}, {{2, 3, 2, 6}}},
         [](auto in) {
           return conv2d_patches(in[0], in[1], {{2, 1, 1, 1, 0}, {1, 1, 1, 1, 1}, 2});
         }}}},
  };
}

}  // namespace autonet
