#include "python/bindings/functions.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/einsum.h"
#include "autonet/ops/index.h"
#include "autonet/ops/losses.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/normalization.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/pool.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/upsample.h"
#include "autonet/ops/views.h"
#include "python/bindings/arrays.h"
#include "python/bindings/var.h"

namespace autonet::python {
namespace {

using Pair = std::pair<Index, Index>;

/// One number for rows and columns, or one for each.
Pair to_pair(nb::handle value) {
  if (PyLong_Check(value.ptr())) {
    const auto both = nb::cast<Index>(value);
    return {both, both};
  }
  return nb::cast<Pair>(value);
}

Window to_window(nb::handle stride, nb::handle padding, nb::handle dilation, Index groups) {
  Window window;
  const Pair strides = to_pair(stride);
  const Pair margins = to_pair(padding);
  const Pair dilations = to_pair(dilation);
  window.rows = {.stride = strides.first,
                 .kernel_dilation = dilations.first,
                 .lo = margins.first,
                 .hi = margins.first};
  window.cols = {.stride = strides.second,
                 .kernel_dilation = dilations.second,
                 .lo = margins.second,
                 .hi = margins.second};
  window.groups = groups;
  return window;
}

KernelSize to_kernel(nb::handle size) {
  const auto [rows, cols] = to_pair(size);
  return {rows, cols};
}

/// A function of one Var.
template <typename F>
void bind_one(nb::module_& module, const char* name, const char* doc, F f) {
  module.def(
      name, [f](const PyVar& x) { return x.with(f(x.var)); }, nb::arg("x"), doc);
}

/// A function of two, of which one may be a number or an array.
template <typename F>
void bind_two(nb::module_& module, const char* name, const char* doc, F f) {
  module.def(
      name,
      [f, name](nb::handle a, nb::handle b) {
        PyVar home;
        const std::vector<Var> both = to_vars(nb::make_tuple(a, b), name, home);
        return home.with(f(both[0], both[1]));
      },
      nb::arg("a"), nb::arg("b"), doc);
}

/// A function that reduces along axes.
template <typename F>
void bind_reduction(nb::module_& module, const char* name, const char* doc, F f) {
  module.def(
      name,
      [f](const PyVar& x, nb::handle axis, bool keepdims) {
        return x.with(f(x.var, to_axes(axis), keepdims));
      },
      nb::arg("x"), nb::arg("axis") = nb::none(), nb::arg("keepdims") = false, doc);
}

void bind_elementwise(nb::module_& m) {
  bind_one(m, "exp", "e^x", [](Var x) { return exp(x); });
  bind_one(m, "expm1", "e^x - 1, exact near 0", [](Var x) { return expm1(x); });
  bind_one(m, "log", "The natural logarithm of x", [](Var x) { return log(x); });
  bind_one(m, "log1p", "ln(1 + x), exact near 0", [](Var x) { return log1p(x); });
  bind_one(m, "sqrt", "The square root of x", [](Var x) { return sqrt(x); });
  bind_one(m, "square", "x^2", [](Var x) { return square(x); });
  bind_one(m, "abs", "|x|", [](Var x) { return abs(x); });
  bind_one(m, "sign", "-1, 0 or 1", [](Var x) { return sign(x); });
  bind_one(m, "sin", "The sine of x", [](Var x) { return sin(x); });
  bind_one(m, "cos", "The cosine of x", [](Var x) { return cos(x); });
  bind_one(m, "tan", "The tangent of x", [](Var x) { return tan(x); });
  bind_one(m, "tanh", "The hyperbolic tangent of x", [](Var x) { return tanh(x); });
  bind_one(m, "erf", "The error function of x", [](Var x) { return erf(x); });
  bind_one(m, "erfc", "1 - erf(x)", [](Var x) { return erfc(x); });
  bind_one(m, "relu", "max(x, 0)", [](Var x) { return relu(x); });
  bind_one(m, "gelu", "x Phi(x)", [](Var x) { return gelu(x); });
  bind_one(m, "sigmoid", "1 / (1 + e^-x)", [](Var x) { return sigmoid(x); });
  bind_one(m, "softplus", "ln(1 + e^x)", [](Var x) { return softplus(x); });
  m.def(
      "leaky_relu", [](const PyVar& x, double slope) { return x.with(leaky_relu(x.var, slope)); },
      nb::arg("x"), nb::arg("slope") = 0.01, "slope x where x <= 0, else x");
  m.def(
      "elu", [](const PyVar& x, double alpha) { return x.with(elu(x.var, alpha)); }, nb::arg("x"),
      nb::arg("alpha") = 1.0, "x where x > 0, else alpha (e^x - 1)");
  m.def(
      "clip",
      [](const PyVar& x, double low, double high) { return x.with(clip(x.var, low, high)); },
      nb::arg("x"), nb::arg("low"), nb::arg("high"), "x, but not below low nor above high");
  bind_two(m, "maximum", "The larger of a and b, element by element",
           [](Var a, Var b) { return maximum(a, b); });
  bind_two(m, "minimum", "The smaller of a and b, element by element",
           [](Var a, Var b) { return minimum(a, b); });
  bind_two(m, "arctan2", "The angle of the point (b, a)", [](Var a, Var b) { return atan2(a, b); });
  bind_two(m, "equal", "1 where a = b, else 0", [](Var a, Var b) { return equal(a, b); });
  bind_two(m, "not_equal", "1 where a differs from b, else 0",
           [](Var a, Var b) { return not_equal(a, b); });
  m.def(
      "where",
      [](nb::handle condition, nb::handle a, nb::handle b) {
        PyVar home;
        const std::vector<Var> all = to_vars(nb::make_tuple(condition, a, b), "where", home);
        return home.with(where(all[0], all[1], all[2]));
      },
      nb::arg("condition"), nb::arg("a"), nb::arg("b"), "a where the condition is not 0, else b");
}

void bind_reductions(nb::module_& m) {
  bind_reduction(m, "sum", "The sum along axes, or of all numbers",
                 [](Var x, const std::vector<int>& axes, bool keep) { return sum(x, axes, keep); });
  bind_reduction(
      m, "mean", "The mean along axes, or of all numbers",
      [](Var x, const std::vector<int>& axes, bool keep) { return mean(x, axes, keep); });
  bind_reduction(m, "max", "The largest number along axes, or of all",
                 [](Var x, const std::vector<int>& axes, bool keep) { return max(x, axes, keep); });
  bind_reduction(
      m, "var", "The variance along axes, or of all numbers (divided by the count)",
      [](Var x, const std::vector<int>& axes, bool keep) { return variance(x, axes, keep); });
  bind_reduction(
      m, "norm", "The Euclidean length along axes, or of all numbers",
      [](Var x, const std::vector<int>& axes, bool keep) { return norm(x, axes, keep); });
  m.def(
      "cumsum", [](const PyVar& x, int axis) { return x.with(cumulative_sum(x.var, axis)); },
      nb::arg("x"), nb::arg("axis") = -1, "The sums of the first 1, 2, ... numbers along an axis");
  m.def(
      "argmax", [](const PyVar& x, int axis) { return x.with(argmax(x.var, axis)); }, nb::arg("x"),
      nb::arg("axis") = -1, "The place of the largest number along an axis; no derivative");
  m.def(
      "sort", [](const PyVar& x, int axis) { return x.with(sort(x.var, axis)); }, nb::arg("x"),
      nb::arg("axis") = -1, "x sorted along an axis, smallest first");
}

void bind_arrangement(nb::module_& m) {
  m.def(
      "concatenate",
      [](nb::handle xs, int axis) {
        PyVar home;
        const std::vector<Var> parts = to_vars(xs, "concatenate", home);
        return home.with(concat(parts, axis));
      },
      nb::arg("xs"), nb::arg("axis") = 0, "Arrays one after another along an axis");
  m.def(
      "stack",
      [](nb::handle xs, int axis) {
        PyVar home;
        const std::vector<Var> parts = to_vars(xs, "stack", home);
        return home.with(stack(parts, axis));
      },
      nb::arg("xs"), nb::arg("axis") = 0, "Arrays of one shape along a new axis");
  m.def(
      "flip", [](const PyVar& x, nb::handle axis) { return x.with(flip(x.var, to_axes(axis))); },
      nb::arg("x"), nb::arg("axis"), "The order along axes reversed");
  m.def(
      "broadcast_to",
      [](const PyVar& x, nb::handle shape) { return x.with(broadcast_to(x.var, to_shape(shape))); },
      nb::arg("x"), nb::arg("shape"), "NumPy's broadcast");
  m.def(
      "take_along_axis",
      [](const PyVar& x, nb::handle indices, int axis) {
        return x.with(gather(x.var, to_var(indices, x, "indices"), axis));
      },
      nb::arg("x"), nb::arg("indices"), nb::arg("axis"), "Chooses along one axis, as NumPy");
  m.def(
      "embedding",
      [](const PyVar& table, nb::handle indices) {
        return table.with(embedding(table.var, to_var(indices, table, "indices")));
      },
      nb::arg("table"), nb::arg("indices"), "The rows of a table with these numbers");
  m.def(
      "pad",
      [](const PyVar& x, const std::vector<Pair>& widths) {
        std::vector<AxisPad> axes;
        for (const auto& [lo, hi] : widths) axes.push_back({.lo = lo, .hi = hi});
        return x.with(pad(x.var, axes));
      },
      nb::arg("x"), nb::arg("widths"), "Zeros before and behind, a pair of numbers for each axis");
}

void bind_products(nb::module_& m) {
  bind_two(m, "matmul", "The product of matrices, or of batches of them",
           [](Var a, Var b) { return matmul(a, b); });
  m.def(
      "einsum",
      [](const std::string& formula, nb::args arrays) {
        PyVar home;
        const std::vector<Var> vars = to_vars(arrays, "einsum", home);
        return home.with(einsum(formula, vars));
      },
      nb::arg("formula"), nb::arg("arrays"), "The sum of products that a formula names, as NumPy");
  const auto conv = [&m](const char* name, const char* doc, auto f) {
    m.def(
        name,
        [f](const PyVar& x, nb::handle w, nb::handle stride, nb::handle padding,
            nb::handle dilation, Index groups) {
          const Window window = to_window(stride, padding, dilation, groups);
          return x.with(f(x.var, to_var(w, x, "w"), window));
        },
        nb::arg("x"), nb::arg("w"), nb::arg("stride") = 1, nb::arg("padding") = 0,
        nb::arg("dilation") = 1, nb::arg("groups") = 1, doc);
  };
  conv("conv2d",
       "What deep learning calls a convolution, a correlation: the kernel is not flipped. Images x "
       "[N,H,W,C], kernel w [R,S,C/groups,K]",
       [](Var x, Var w, const Window& window) { return conv2d(x, w, window); });
  conv("convolve", "The convolution of mathematics: the kernel is flipped. Shapes as for conv2d",
       [](Var x, Var w, const Window& window) { return convolve(x, w, window); });
  const auto pool = [&m](const char* name, const char* doc, auto f) {
    m.def(
        name,
        [f](const PyVar& x, nb::handle kernel, nb::handle stride, nb::handle padding) {
          const KernelSize size = to_kernel(kernel);
          const Window window =
              to_window(stride.is_none() ? kernel : stride, padding, nb::int_(1), 1);
          return x.with(f(x.var, size, window));
        },
        nb::arg("x"), nb::arg("kernel"), nb::arg("stride") = nb::none(), nb::arg("padding") = 0,
        doc);
  };
  pool("max_pool2d", "The largest number in each window of images x [N,H,W,C]",
       [](Var x, KernelSize size, const Window& window) { return max_pool2d(x, size, window); });
  pool("avg_pool2d", "The mean of each window of images x [N,H,W,C]",
       [](Var x, KernelSize size, const Window& window) { return avg_pool2d(x, size, window); });
}

void bind_losses(nb::module_& m) {
  bind_one(m, "softmax", "e^x divided by its sum along the last axis",
           [](Var x) { return softmax(x); });
  bind_one(m, "log_softmax", "The logarithm of softmax", [](Var x) { return log_softmax(x); });
  const auto loss = [&m](const char* name, const char* doc, auto f) {
    m.def(
        name,
        [f](const PyVar& a, nb::handle b) { return a.with(f(a.var, to_var(b, a, "targets"))); },
        nb::arg("x"), nb::arg("targets"), doc);
  };
  loss("cross_entropy", "The mean cross-entropy of logits [N,K] and labels [N]",
       [](Var a, Var b) { return cross_entropy(a, b); });
  loss("softmax_cross_entropy", "The mean cross-entropy of logits [N,K] and shares [N,K]",
       [](Var a, Var b) { return softmax_cross_entropy(a, b); });
  loss("binary_cross_entropy", "The mean binary cross-entropy of logits and targets",
       [](Var a, Var b) { return binary_cross_entropy(a, b); });
  loss("mean_squared_error", "The mean of (x - targets)^2",
       [](Var a, Var b) { return mean_squared_error(a, b); });
  m.def(
      "layer_norm",
      [](const PyVar& x, nb::handle weight, nb::handle bias, double epsilon) {
        return x.with(
            layer_norm(x.var, to_var(weight, x, "weight"), to_var(bias, x, "bias"), epsilon));
      },
      nb::arg("x"), nb::arg("weight"), nb::arg("bias"), nb::arg("epsilon") = 1e-5,
      "x normalized along its last axis");
}

}  // namespace

void bind_functions(nb::module_& module) {
  bind_elementwise(module);
  bind_reductions(module);
  bind_arrangement(module);
  bind_products(module);
  bind_losses(module);
}

}  // namespace autonet::python
