#include "ops/conv2d.h"

#include <memory>
#include <string>

#include "autograd/error.h"
#include "autograd/tape.h"
#include "ops/cpu/correlate.h"
#include "ops/recognize.h"
#include "ops/views.h"

// The three rules, for stride and dilation 1, with p zeros around x and k the kernel's length:
//
//     forward           y    = convolve(x,    flip(w),    p)
//     input gradient    xbar = convolve(ybar, w,          k - p - 1)
//     weight gradient   wbar = convolve(x,    flip(ybar), p)
//
// In two dimensions the input gradient swaps the channel axes of w, and the weight gradient lets
// the batch play the part of the channels. For other windows stride and dilation trade places.

namespace autonet {
namespace {

/// The window that slides w over ybar to give xbar, along one axis: x has n places, w has k, y has
/// m.
AxisWindow input_gradient_window(const AxisWindow& p, Index n, Index k, Index m) {
  AxisWindow q;
  q.stride = p.input_dilation;
  q.input_dilation = p.stride;
  q.kernel_dilation = p.kernel_dilation;
  q.lo = dilated(k, p.kernel_dilation) - 1 - p.lo;  // k - p - 1
  q.hi = dilated(n, p.input_dilation) + dilated(k, p.kernel_dilation) - 1 - dilated(m, p.stride) -
         q.lo;
  return q;
}

/// The window that slides ybar over x to give wbar.
AxisWindow weight_gradient_window(const AxisWindow& p, Index n, Index k, Index m) {
  AxisWindow q;
  q.stride = p.kernel_dilation;
  q.input_dilation = p.input_dilation;
  q.kernel_dilation = p.stride;
  q.lo = p.lo;  // p
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

/// x [N,H,W,G·C] with the batch in the part of each group's channels: [C,H,W,G·N].
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

void check_axis(const std::string& op, const char* axis, const AxisWindow& p, Index n, Index k,
                const std::string& shapes) {
  constexpr Index kLimit = Index{1} << 28;  // keeps every sum of products in an Index
  const auto refuse = [&](const std::string& what, Index got) {
    throw Error(op + ": " + what + " along the " + axis + ", got " + std::to_string(got) + "; " +
                shapes);
  };
  if (p.stride < 1 || p.stride > kLimit) refuse("stride must be at least 1", p.stride);
  if (p.kernel_dilation < 1 || p.kernel_dilation > kLimit) {
    refuse("kernel dilation must be at least 1", p.kernel_dilation);
  }
  if (p.input_dilation < 1 || p.input_dilation > kLimit) {
    refuse("input dilation must be at least 1", p.input_dilation);
  }
  if (n < 1 || n > kLimit) refuse("x must not be empty", n);
  if (k < 1 || k > kLimit) refuse("w must not be empty", k);
  constexpr Index kMargin = Index{1} << 58;
  if (p.lo < -kMargin || p.lo > kMargin) refuse("margin is out of range", p.lo);
  if (p.hi < -kMargin || p.hi > kMargin) refuse("margin is out of range", p.hi);
  const Index extended = dilated(n, p.input_dilation) + p.lo + p.hi;
  const Index spread = dilated(k, p.kernel_dilation);
  if (extended < spread) {
    throw Error(op + ": w covers " + std::to_string(spread) + " " + axis + " but x has " +
                std::to_string(extended) + " with its margins " + std::to_string(p.lo) + " and " +
                std::to_string(p.hi) + "; " + shapes + "; use a smaller kernel or more padding");
  }
}

/// Type of the result, or an Error that calls the operation `op`.
ArrayType conv_type(const std::string& op, const ArrayType& x, const ArrayType& w,
                    const Window& window) {
  const std::string shapes = "x " + x.shape.str() + ", w " + w.shape.str();
  if (x.shape.rank() != 4 || w.shape.rank() != 4) {
    throw Error(op + ": needs x [N,H,W,C] and w [R,S,C,K], four axes each; " + shapes);
  }
  if (x.dtype != w.dtype) {
    throw Error(op + ": x is " + name_of(x.dtype) + " but w is " + name_of(w.dtype) + "; " +
                shapes);
  }
  const std::string read = shapes + " read as [R,S,C,K]";
  const Index groups = window.groups;
  if (groups < 1) {
    throw Error(op + ": groups must be at least 1, got " + std::to_string(groups) + "; " + shapes);
  }
  if (x.shape[3] % groups != 0 || w.shape[3] % groups != 0) {
    throw Error(op + ": " + std::to_string(groups) + " groups do not divide the channels, " +
                std::to_string(x.shape[3]) + " of x and " + std::to_string(w.shape[3]) + " of y; " +
                read);
  }
  if (x.shape[3] / groups != w.shape[2]) {
    const Index expected = w.shape[2];
    throw Error(op + ": w expects " + std::to_string(expected) + " input channel" +
                (expected == 1 ? "" : "s") + " but x has " + std::to_string(x.shape[3] / groups) +
                (groups == 1 ? "" : " in each of " + std::to_string(groups) + " groups") + "; " +
                read);
  }
  check_axis(op, "rows", window.rows, x.shape[1], w.shape[0], read);
  check_axis(op, "columns", window.cols, x.shape[2], w.shape[1], read);
  return {{x.shape[0], output_length(x.shape[1], w.shape[0], window.rows),
           output_length(x.shape[2], w.shape[1], window.cols), w.shape[3]},
          x.dtype};
}

class Conv2D : public Op {
 public:
  Conv2D(const Window& window, Conv2DOptions options) : p_(window), options_(options) {}
  ConvCall call() const { return {p_, options_}; }

  std::string_view name() const override { return "conv2d"; }
  int arity() const override { return 2; }

  ArrayType infer(std::span<const ArrayType> in) const override {
    return conv_type("conv2d", in[0], in[1], p_);
  }

  // y = convolve(x, flip(w), p): the routine slides without flipping, so the two flips cancel.
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::correlate(context, in[0], in[1], p_, y, {}, options_.exact);
  }

  Var vjp(int i, std::span<const Var> in, Var, Var ybar) const override {
    const Var x = in[0];
    const Var w = in[1];
    const Shape& n = x.shape();
    const Shape& k = w.shape();
    const Shape& m = ybar.shape();
    Window q;
    q.groups = p_.groups;
    if (i == 0) {
      q.rows = input_gradient_window(p_.rows, n[1], k[0], m[1]);
      q.cols = input_gradient_window(p_.cols, n[2], k[1], m[2]);
      return convolve(ybar, swap_channels(w, p_.groups), q, options_);
    }
    q.rows = weight_gradient_window(p_.rows, n[1], k[0], m[1]);
    q.cols = weight_gradient_window(p_.cols, n[2], k[1], m[2]);
    const Var wbar = convolve(batch_as_channels(x, p_.groups),      // [C,H,W,N]
                              images_as_kernel(flip_images(ybar)),  // [Ho,Wo,N,K]
                              q, options_);                         // [C,R,S,K]
    return images_as_kernel(wbar);                                  // [R,S,C,K]
  }

  bool linear_in(int) const override { return true; }

  double multiply_adds(std::span<const ArrayType> in, const ArrayType& y) const override {
    const Shape& w = in[1].shape;
    // Of the taps on a dilated input only one in e rows and columns meets a number.
    const double taps = static_cast<double>(w[0] * w[1] * w[2]) /
                        static_cast<double>(p_.rows.input_dilation * p_.cols.input_dilation);
    return static_cast<double>(y.shape.size()) * taps;
  }

  std::string attributes() const override {
    const auto axis = [](const AxisWindow& a) {
      std::string text = "margins " + std::to_string(a.lo) + "," + std::to_string(a.hi);
      if (a.stride != 1) text += " stride " + std::to_string(a.stride);
      if (a.kernel_dilation != 1) text += " kernel dilation " + std::to_string(a.kernel_dilation);
      if (a.input_dilation != 1) text += " input dilation " + std::to_string(a.input_dilation);
      return text;
    };
    std::string text = "rows " + axis(p_.rows) + "; columns " + axis(p_.cols);
    if (p_.groups != 1) text += "; groups " + std::to_string(p_.groups);
    if (options_.exact) text += "; exact";
    return text;
  }

 private:
  Window p_;
  Conv2DOptions options_;
};

}  // namespace

std::optional<ConvCall> as_conv2d(const Op& op) {
  const auto* conv = dynamic_cast<const Conv2D*>(&op);
  return conv == nullptr ? std::nullopt : std::optional(conv->call());
}

Var conv2d(Var x, Var w, const Window& window, Conv2DOptions options) {
  return x.tape().record(std::make_shared<Conv2D>(window, options), {x, w});
}

Var convolve(Var a, Var b, const Window& window, Conv2DOptions options) {
  conv_type("convolve", a.type(), b.type(), window);
  return conv2d(a, flip(b), window, options);
}

Window padded(Index padding) {
  Window window;
  window.rows.lo = window.rows.hi = window.cols.lo = window.cols.hi = padding;
  return window;
}

std::vector<OpInfo> conv2d_ops() {
  const auto with = [](const Window& window) {
    return [window](std::span<const Var> in) { return conv2d(in[0], in[1], window); };
  };
  const auto window = [](AxisWindow rows, AxisWindow cols, Index groups = 1) {
    return Window{rows, cols, groups};
  };
  // AxisWindow: stride, kernel dilation, input dilation, lo, hi.
  return {
      {"conv2d",
       "y[n,i,j,k] = sum over r,s,c of x[n, i*stride + r*dilation - lo, ..., c] * w[r,s,c,k]",
       {{"plain", {{{2, 5, 4, 3}}, {{3, 2, 3, 2}}}, with({})},
        {"same padding", {{{2, 4, 5, 2}}, {{3, 3, 2, 3}}}, with(padded(1))},
        {"one channel in", {{{3, 6, 5, 1}}, {{3, 3, 1, 4}}}, with(padded(1))},
        {"stride 2 with a remainder",
         {{{2, 6, 7, 2}}, {{3, 3, 2, 2}}},
         with(window({2, 1, 1, 0, 0}, {2, 1, 1, 1, 0}))},
        {"stride 3, dilation 2, uneven margins",
         {{{1, 8, 9, 2}}, {{2, 3, 2, 3}}},
         with(window({3, 2, 1, 1, 2}, {3, 1, 1, 0, 3}))},
        {"padding at least the kernel",
         {{{2, 3, 3, 2}}, {{2, 2, 2, 2}}},
         with(window({1, 1, 1, 3, 2}, {2, 1, 1, 2, 4}))},
        {"negative margins",
         {{{2, 7, 6, 2}}, {{2, 2, 2, 3}}},
         with(window({1, 1, 1, -2, 1}, {2, 1, 1, 1, -1}))},
        {"input dilation (a transposed convolution)",
         {{{2, 3, 4, 2}}, {{3, 2, 2, 2}}},
         with(window({1, 1, 2, 2, 1}, {2, 1, 3, 1, 0}))},
        {"kernel as large as the image", {{{2, 4, 3, 2}}, {{4, 3, 2, 3}}}, with({})},
        {"groups",
         {{{2, 5, 4, 4}}, {{3, 2, 2, 6}}},
         with(window({2, 1, 1, 1, 1}, {1, 1, 1, 0, 1}, 2))},
        {"one group a channel",
         {{{2, 4, 4, 3}}, {{3, 3, 1, 3}}},
         with(window({1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}, 3))}}},
      {"convolve",
       "y = conv2d(a, flip(b))",
       {{"padding 1",
         {{{2, 4, 5, 2}}, {{3, 2, 2, 3}}},
         [](std::span<const Var> in) { return convolve(in[0], in[1], padded(1)); }}}},
  };
}

}  // namespace autonet
