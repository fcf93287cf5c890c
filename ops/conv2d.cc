#include "autonet/ops/conv2d.h"

#include <algorithm>
#include <memory>
#include <string>

#include "autograd/leaves.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/cpu/correlate.h"
#include "ops/cpu/problem.h"
#include "ops/families.h"
#include "ops/fusion.h"
#include "ops/recognize.h"

// The three rules, for stride and dilation 1, with p zeros around x and k the kernel's length:
//
//     forward           y    = convolve(x,    flip(w),    p)
//     input gradient    xbar = convolve(ybar, w,          k - p - 1)
//     weight gradient   wbar = convolve(x,    flip(ybar), p)
//
// In two dimensions the input gradient swaps the channel axes of w, and in the weight gradient the
// batch plays the part of the channels. For other windows stride and dilation trade places.

namespace autonet {
namespace {

using internal::dilated;

/// The window that slides w over ybar to give xbar, along one axis: x has n positions, w has k and
/// y has m.
AxisWindow input_gradient_window(const AxisWindow& p, Index n, Index k, Index m) {
  AxisWindow q{.stride = p.input_dilation,
               .kernel_dilation = p.kernel_dilation,
               .input_dilation = p.stride,
               .lo = dilated(k, p.kernel_dilation) - 1 - p.lo};  // k - p - 1
  q.hi = dilated(n, p.input_dilation) + dilated(k, p.kernel_dilation) - 1 - dilated(m, p.stride) -
         q.lo;
  return q;
}

/// The window that slides ybar over x to give wbar.
AxisWindow weight_gradient_window(const AxisWindow& p, Index n, Index k, Index m) {
  AxisWindow q{.stride = p.kernel_dilation,
               .kernel_dilation = p.stride,
               .input_dilation = p.input_dilation,
               .lo = p.lo};  // p
  q.hi = dilated(m, p.stride) + dilated(k, p.kernel_dilation) - 1 - dilated(n, p.input_dilation) -
         p.lo;
  return q;
}

/// w [R,S,C,G·K] with the channels of each group exchanged: [R,S,K,G·C].
Var swap_channels(Var w, Index groups) {
  if (groups == 1) return swap_axes(w, 2, 3);
  const Shape& n = w.shape();
  const Index outputs = n[3] / groups;
  const Var split = reshape(w, {n[0], n[1], n[2], groups, outputs});
  return reshape(permute(split, {0, 1, 4, 3, 2}), {n[0], n[1], outputs, groups * n[2]});
}

/// x [N,H,W,G·C] with the batch and each group's channels exchanged: [C,H,W,G·N].
Var batch_as_channels(Var x, Index groups) {
  if (groups == 1) return permute(x, {3, 1, 2, 0});
  const Shape& n = x.shape();
  const Index channels = n[3] / groups;
  const Var split = reshape(x, {n[0], n[1], n[2], groups, channels});
  return reshape(permute(split, {4, 1, 2, 3, 0}), {channels, n[1], n[2], groups * n[0]});
}

/// Images [N,Ho,Wo,K] read as a kernel [Ho,Wo,N,K]; the same permutation reads [C,R,S,K] as
/// [R,S,C,K].
Var images_as_kernel(Var ybar) {
  return permute(ybar, {1, 2, 0, 3});
}

Var flip(Var w) {
  return autonet::flip(w, {0, 1});
}
Var flip_images(Var ybar) {
  return autonet::flip(ybar, {1, 2});
}

std::string shapes_of(const Shape& x, const Shape& w) {
  return text::concat("x ", x, ", w ", w);
}

/// Type of the result, or an Error that calls the operation `op`, shows `shapes` and says what the
/// axes of w are.
ArrayType conv_type(std::string_view op, const ArrayType& x, const ArrayType& w,
                    const Window& window, const std::string& shapes,
                    const char* axes = "[R,S,C,K]") {
  using text::concat;
  if (x.shape.rank() != 4 || w.shape.rank() != 4) {
    throw Error(concat(op, ": needs x [N,H,W,C] and w [R,S,C,K], four axes each; ", shapes));
  }
  if (x.dtype != w.dtype) {
    throw Error(
        concat(op, ": x is ", name_of(x.dtype), " but w is ", name_of(w.dtype), "; ", shapes));
  }
  const std::string read = concat(shapes, " read as ", axes);
  const Index groups = window.groups;
  if (groups < 1)
    throw Error(concat(op, ": groups must be at least 1, got ", groups, "; ", shapes));
  if (x.shape[3] % groups != 0 || w.shape[3] % groups != 0) {
    throw Error(concat(op, ": ", groups, " groups do not divide the channels, ", x.shape[3],
                       " of x and ", w.shape[3], " of y; ", read));
  }
  const Index expected = w.shape[2];
  if (x.shape[3] / groups != expected) {
    const std::string each = groups == 1 ? "" : concat(" in each of ", groups, " groups");
    throw Error(concat(op, ": w expects ", expected, " input channel", expected == 1 ? "" : "s",
                       " but x has ", x.shape[3] / groups, each, "; ", read));
  }
  return {internal::window_output(op, x.shape, {w.shape[0], w.shape[1]}, window, w.shape[3], read),
          x.dtype};
}

/// xbar, for an image of shape n.
Var input_gradient(Var ybar, Var w, const Shape& n, const Window& p, Conv2DOptions options) {
  const Shape& k = w.shape();
  const Shape& m = ybar.shape();
  const Window q{.rows = input_gradient_window(p.rows, n[1], k[0], m[1]),
                 .cols = input_gradient_window(p.cols, n[2], k[1], m[2]),
                 .groups = p.groups};
  return convolve(ybar, swap_channels(w, p.groups), q, options);
}

class Conv2D : public Op {
 public:
  Conv2D(const Window& window, Conv2DOptions options) : p_(window), options_(options) {}
  internal::ConvCall call() const { return {p_, options_}; }

  std::string_view name() const override { return "conv2d"; }
  std::span<const Fusion> fusions() const override { return internal::fusions(); }
  int arity() const override { return 2; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    return conv_type("conv2d", in[0], in[1], p_, shapes_of(in[0].shape, in[1].shape));
  }

  // y = convolve(x, flip(w), p): the routine slides without flipping, so the two flips cancel.
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    if (!internal::sums_over_images(in, p_, y.shape())) {
      return cpu::correlate(context, in[0], in[1], p_, y, {}, options_.exact);
    }
    const auto of_images = [&](Context& own, Index first, Index count, Array& sum) {
      cpu::correlate(own, in[0].slice(3, first, count), in[1].slice(2, first, count), p_, sum, {},
                     options_.exact);
    };
    const ArrayType types[] = {in[0].type(), in[1].type()};
    internal::sum_over_leaves(context, in[0].shape()[3],
                              static_cast<Index>(multiply_adds(types, y.type())), y, of_images);
  }

  BatchUse batch_use(std::span<const Array> in, std::span<int> axes) const override {
    const ArrayType types[] = {in[0].type(), in[1].type()};
    const ArrayType y = infer(types);
    if (axes[0] == 0 && axes[1] == -1) {
      return !internal::sums_over_images(in, p_, y.shape) &&
                     cpu::alike_for_leaves(in[0], in[1], p_, y, options_.exact)
                 ? BatchUse::each
                 : BatchUse::whole;
    }
    const bool sums = axes[0] == 3 && axes[1] == 2 && internal::sums_over_images(in, p_, y.shape);
    return sums && internal::cuts_sum(in[0].shape()[3], y.shape.size()) ? BatchUse::sum
                                                                        : BatchUse::whole;
  }

  Var vjp(int i, std::span<const Var> in, Var, Var ybar) const override {
    const Var x = in[0];
    const Var w = in[1];
    const Shape& n = x.shape();
    const Shape& k = w.shape();
    const Shape& m = ybar.shape();
    if (i == 0) return input_gradient(ybar, w, n, p_, options_);
    const Window q{.rows = weight_gradient_window(p_.rows, n[1], k[0], m[1]),
                   .cols = weight_gradient_window(p_.cols, n[2], k[1], m[2]),
                   .groups = p_.groups};
    const Var wbar = convolve(batch_as_channels(x, p_.groups),      // [C,H,W,N]
                              images_as_kernel(flip_images(ybar)),  // [Ho,Wo,N,K]
                              q, options_);                         // [C,R,S,K]
    return images_as_kernel(wbar);                                  // [R,S,C,K]
  }

  bool linear_in(int) const override { return true; }

  double multiply_adds(std::span<const ArrayType> in, const ArrayType& y) const override {
    const Shape& w = in[1].shape;
    // On an input dilated by e only one of e taps along each axis meets a number.
    const double taps = static_cast<double>(w[0] * w[1] * w[2]) /
                        static_cast<double>(p_.rows.input_dilation * p_.cols.input_dilation);
    return static_cast<double>(y.shape.size()) * taps;
  }

  std::string attributes() const override {
    using text::concat;
    const auto axis = [](const AxisWindow& a) {
      std::string text = concat("margins ", a.lo, ",", a.hi);
      if (a.stride != 1) text += concat(" stride ", a.stride);
      if (a.kernel_dilation != 1) text += concat(" kernel dilation ", a.kernel_dilation);
      if (a.input_dilation != 1) text += concat(" input dilation ", a.input_dilation);
      return text;
    };
    std::string text = concat("rows ", axis(p_.rows), "; columns ", axis(p_.cols));
    if (p_.groups != 1) text += concat("; groups ", p_.groups);
    if (options_.exact) text += "; exact";
    return text;
  }

 private:
  Window p_;
  Conv2DOptions options_;
};

}  // namespace

std::optional<internal::ConvCall> internal::as_conv2d(const Op& op) {
  return call_of<Conv2D>(op);
}

bool internal::sums_over_images(std::span<const Array> in, const Window& window, const Shape& y) {
  return cpu::Sizes(in[0], in[1], window, y).batch_as_channels();
}

std::string_view internal::routine_of(const Op& op, std::span<const Array> inputs,
                                      const ArrayType& y) {
  if (const std::optional<ConvCall> conv = as_conv2d(op)) {
    return name_of(cpu::routine_for(inputs[0], inputs[1], conv->window, y, conv->options.exact));
  }
  return is_matmul(op) ? name_of(cpu::routine_for(inputs[0], inputs[1])) : "";
}

Var conv2d(Var x, Var w, const Window& window, Conv2DOptions options) {
  return x.tape().record(std::make_shared<Conv2D>(window, options), {x, w});
}

Var convolve(Var a, Var b, const Window& window, Conv2DOptions options) {
  conv_type("convolve", a.type(), b.type(), window, shapes_of(a.shape(), b.shape()));
  return conv2d(a, flip(b), window, options);
}

Var conv2d_transpose(Var x, Var w, const Window& window, const KernelSize& more,
                     Conv2DOptions options) {
  const auto fail = [&](const auto&... what) {
    throw Error(text::concat("conv2d_transpose: ", what..., "; x ", x.shape(), ", w ", w.shape()));
  };
  if (x.rank() != 4 || w.rank() != 4) fail("needs x [N,H,W,C] and w [R,S,K,C], four axes each");
  const auto length = [&](const AxisWindow& p, Index m, Index k, Index extra) {
    if (p.input_dilation != 1) fail("input dilation must be 1, got ", p.input_dilation);
    if (extra < 0 || extra >= p.stride) {
      fail("`more` must be at least 0 and smaller than the stride, got ", extra, " for ", p.stride);
    }
    const Index n = (m - 1) * p.stride + dilated(k, p.kernel_dilation) - p.lo - p.hi + extra;
    if (n < 1) fail("the margins ", p.lo, " and ", p.hi, " leave nothing of y");
    return n;
  };
  const Index rows = length(window.rows, x.shape()[1], w.shape()[0], more.rows);
  const Index cols = length(window.cols, x.shape()[2], w.shape()[1], more.cols);
  const Shape image{x.shape()[0], rows, cols, std::max<Index>(window.groups, 0) * w.shape()[2]};
  if (conv_type("conv2d_transpose", {image, x.dtype()}, w.type(), window,
                shapes_of(image, w.shape()))
          .shape != x.shape()) {
    fail("w must have the channels of x as its last axis");
  }
  return input_gradient(x, w, image, window, options);
}

Var conv1d(Var x, Var w, const AxisWindow& window, Index groups, Conv2DOptions options) {
  if (x.rank() != 3 || w.rank() != 3) {
    throw Error(text::concat("conv1d: needs x [N,L,C] and w [S,C,K], three axes each; x ",
                             x.shape(), ", w ", w.shape()));
  }
  const Shape& n = x.shape();
  const Shape& k = w.shape();
  const Window p{.cols = window, .groups = groups};
  const Var images = reshape(x, {n[0], 1, n[1], n[2]});
  const Var kernel = reshape(w, {1, k[0], k[1], k[2]});
  conv_type("conv1d", images.type(), kernel.type(), p, shapes_of(n, k), "[S,C,K]");
  const Var y = conv2d(images, kernel, p, options);
  return reshape(y, {y.shape()[0], y.shape()[2], y.shape()[3]});
}

std::vector<OpInfo> internal::conv2d_ops() {
  const auto with = [](const Window& window, Conv2DOptions options = {}) {
    return [=](std::span<const Var> in) { return conv2d(in[0], in[1], window, options); };
  };
  const auto transposed = [](const Window& window, const KernelSize& more) {
    return [=](std::span<const Var> in) { return conv2d_transpose(in[0], in[1], window, more); };
  };
  const AxisWindow axis{.stride = 2, .kernel_dilation = 2, .lo = 1};
  return {
      {"conv2d",
       "y[n,i,j,k] = sum over r,s,c of x[n, i*stride + r*dilation - lo, ..., c] * w[r,s,c,k]",
       {{"plain", {{{2, 5, 4, 3}}, {{3, 2, 3, 2}}}, with({})},
        {"same padding", {{{2, 4, 5, 2}}, {{3, 3, 2, 3}}}, with(padded(1))},
        {"exact", {{{2, 4, 5, 2}}, {{3, 3, 2, 3}}}, with(padded(1), {.exact = true})},
        {"one channel in", {{{3, 6, 5, 1}}, {{3, 3, 1, 4}}}, with(padded(1))},
        {"stride 2 with a remainder",
         {{{2, 6, 7, 2}}, {{3, 3, 2, 2}}},
         with({.rows = {.stride = 2}, .cols = {.stride = 2, .lo = 1}})},
        {"stride 3, dilation 2, uneven margins",
         {{{1, 8, 9, 2}}, {{2, 3, 2, 3}}},
         with({.rows = {.stride = 3, .kernel_dilation = 2, .lo = 1, .hi = 2},
               .cols = {.stride = 3, .hi = 3}})},
        {"padding at least the kernel",
         {{{2, 3, 3, 2}}, {{2, 2, 2, 2}}},
         with({.rows = {.lo = 3, .hi = 2}, .cols = {.stride = 2, .lo = 2, .hi = 4}})},
        {"negative margins",
         {{{2, 7, 6, 2}}, {{2, 2, 2, 3}}},
         with({.rows = {.lo = -2, .hi = 1}, .cols = {.stride = 2, .lo = 1, .hi = -1}})},
        {"input dilation (a transposed convolution)",
         {{{2, 3, 4, 2}}, {{3, 2, 2, 2}}},
         with({.rows = {.input_dilation = 2, .lo = 2, .hi = 1},
               .cols = {.stride = 2, .input_dilation = 3, .lo = 1}})},
        {"kernel as large as the image", {{{2, 4, 3, 2}}, {{4, 3, 2, 3}}}, with({})},
        {"groups",
         {{{2, 5, 4, 4}}, {{3, 2, 2, 6}}},
         with({.rows = {.stride = 2, .lo = 1, .hi = 1}, .cols = {.hi = 1}, .groups = 2})},
        {"one group for each channel",
         {{{2, 4, 4, 3}}, {{3, 3, 1, 3}}},
         with({.rows = {.lo = 1, .hi = 1}, .cols = {.lo = 1, .hi = 1}, .groups = 3})}}},
      {"convolve",
       "y = conv2d(a, flip(b))",
       {{"padding 1",
         {{{2, 4, 5, 2}}, {{3, 2, 2, 3}}},
         [](std::span<const Var> in) { return convolve(in[0], in[1], padded(1)); }}}},
      {"conv2d_transpose",
       "the adjoint of y = conv2d(x, w) in x",
       {{"plain", {{{2, 3, 2, 3}}, {{2, 3, 2, 3}}}, transposed({}, {0, 0})},
        {"stride 2, padding, one row more",
         {{{2, 3, 2, 2}}, {{3, 3, 3, 2}}},
         transposed({.rows = {.stride = 2, .lo = 1, .hi = 1}, .cols = {.stride = 2, .hi = 1}},
                    {1, 0})},
        {"groups", {{{1, 3, 2, 4}}, {{2, 2, 3, 4}}}, transposed({.groups = 2}, {0, 0})}}},
      {"conv1d",
       "y[n,i,k] = sum over s,c of x[n, i*stride + s*dilation - lo, c] * w[s,c,k]",
       {{"stride 2, dilation 2, groups",
         {{{2, 7, 4}}, {{2, 2, 6}}},
         [=](std::span<const Var> in) { return conv1d(in[0], in[1], axis, 2); }}}},
  };
}

}  // namespace autonet
