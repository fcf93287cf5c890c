#include "exchange/c_source_windows.h"

#include <cstdlib>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

using text::concat;

/// An array without numbers that are read, whose steps tell the axes apart.
Array probe(const Shape& shape) {
  alignas(64) static std::byte stand_in[64];
  Array::Strides strides{};
  for (int axis = 0; axis < shape.rank(); ++axis)
    strides[static_cast<std::size_t>(axis)] = axis + 1;
  return Array::wrap(stand_in, {Shape{1}, DType::f32}, nullptr).strided_view(shape, strides, 0);
}

/// The view that an op gives of a probe.
Array view_of(const Op& op, const Array& x) {
  const std::optional<Array> view = op.view(x);
  if (!view) throw Error(concat("to_c_source: ", op.name(), " gives no view"));
  return *view;
}

std::string both(Index rows, Index cols) {
  return concat("{", rows, ", ", cols, "}");
}

}  // namespace

std::vector<int> axes_of_permutation(const Op& permute, const ArrayType& y) {
  // The lengths do not matter to the steps.
  std::vector<Index> ones(static_cast<std::size_t>(y.shape.rank()), 1);
  const Array view = view_of(permute, probe(Shape(ones)));
  std::vector<int> axes;
  axes.reserve(ones.size());
  for (int axis = 0; axis < y.shape.rank(); ++axis) {
    axes.push_back(static_cast<int>(view.stride(axis)) - 1);
  }
  return axes;
}

std::vector<int> flipped_axes(const Op& flip, const ArrayType& x) {
  const Array view = view_of(flip, probe(x.shape));
  std::vector<int> axes;
  for (int axis = 0; axis < x.shape.rank(); ++axis) {
    if (view.stride(axis) < 0) axes.push_back(axis);
  }
  return axes;
}

SliceCall slice_call(const Op& slice, const ArrayType& x) {
  const Array from = probe(x.shape);
  const Array view = view_of(slice, from);
  SliceCall call{.length = x.shape.rank() == 0 ? 0 : x.shape[0]};
  for (int axis = 0; axis < x.shape.rank(); ++axis) {
    const bool changed =
        view.shape()[axis] != x.shape[axis] || view.stride(axis) != from.stride(axis);
    if (!changed) continue;
    const Index moved =
        (static_cast<const std::byte*>(view.raw()) - static_cast<const std::byte*>(from.raw())) /
        static_cast<Index>(bytes_of(from.dtype()));
    return {.axis = axis,
            .first = moved / from.stride(axis),
            .length = view.shape()[axis],
            .every = view.stride(axis) / from.stride(axis)};
  }
  return call;
}

std::optional<PoolCall> pooling_of(const Op& op) {
  for (const auto& found :
       {as_max_pool2d(op), as_pool_spread(op), as_gather_patches(op), as_scatter_patches(op)}) {
    if (found) return found;
  }
  return std::nullopt;
}

bool is_plain(const Window& window) {
  const auto plain = [](const AxisWindow& a) {
    return a.stride == 1 && a.kernel_dilation == 1 && a.input_dilation == 1;
  };
  return plain(window.rows) && plain(window.cols) && window.groups == 1;
}

std::string window_text(const KernelSize& kernel, const Window& p) {
  const AxisWindow& r = p.rows;
  const AxisWindow& c = p.cols;
  return concat("{.kernel = ", both(kernel.rows, kernel.cols),
                ", .stride = ", both(r.stride, c.stride),
                ", .dilation = ", both(r.kernel_dilation, c.kernel_dilation),
                ", .spread = ", both(r.input_dilation, c.input_dilation),
                ", .padding = ", both(r.lo, c.lo), ", .groups = ", p.groups, "}");
}

std::string convolution_rule(const Node& node, const Tape& tape, const ConvCall& call) {
  const Window& p = call.window;
  const Shape& w = tape.node(tape.input(node, 1)).type.shape;
  const bool square = p.rows.lo == p.cols.lo && w[0] == w[1] && is_plain(p);
  const bool rule = node.rule_of >= 0 && tape.node(node.rule_of).op->name() == "conv2d";
  if (!rule) {
    return concat("y = convolve(x, flip(w), p)", square ? concat(", p = ", p.rows.lo) : "");
  }
  if (node.rule_of_input == 0) {
    return concat("xbar = convolve(ybar, w, k - p - 1)",
                  square ? concat(", k = ", w[0], ", p = ", w[0] - 1 - p.rows.lo) : "");
  }
  return concat("wbar = convolve(x, flip(ybar), p)", square ? concat(", p = ", p.rows.lo) : "");
}

}  // namespace autonet::internal
