#include <algorithm>
#include <optional>
#include <utility>

#include "autonet/autograd/array.h"
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet {

Array::Strides contiguous_strides(const Shape& shape) {
  Array::Strides strides{};
  Index step = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[static_cast<size_t>(axis)] = step;
    step *= shape[axis];
  }
  return strides;
}

Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op) {
  const int rank = std::max(a.rank(), b.rank());
  std::array<Index, Shape::kMaxRank> lengths{};
  for (int axis = 0; axis < rank; ++axis) {
    const int axis_a = axis - (rank - a.rank());
    const int axis_b = axis - (rank - b.rank());
    const Index length_a = axis_a < 0 ? 1 : a[axis_a];
    const Index length_b = axis_b < 0 ? 1 : b[axis_b];
    if (length_a != length_b && length_a != 1 && length_b != 1) {
      throw Error(text::concat(op, ": shapes do not broadcast: axis ", axis, " has ", length_a,
                               " and ", length_b, "; the shapes are ", a, " and ", b));
    }
    lengths[static_cast<size_t>(axis)] = length_a == 1 ? length_b : length_a;
  }
  return Shape(std::span<const Index>(lengths.data(), static_cast<size_t>(rank)));
}

bool Array::is_contiguous() const {
  Index step = 1;
  for (int axis = rank() - 1; axis >= 0; --axis) {
    const Index length = shape()[axis];
    if (length == 0) return true;
    if (length != 1 && strides_[static_cast<size_t>(axis)] != step) return false;
    step *= length;
  }
  return true;
}

Array Array::strided_view(const Shape& shape, const Strides& strides, Index offset) const {
  Array view = *this;
  view.type_.shape = shape;
  view.strides_ = strides;
  view.first_ = static_cast<std::byte*>(first_) + offset * static_cast<Index>(bytes_of(dtype()));
  return view;
}

Array Array::permute(List<int> axes) const {
  std::array<Index, Shape::kMaxRank> lengths{};
  Strides strides{};
  std::array<bool, Shape::kMaxRank> seen{};
  bool good = axes.size() == static_cast<size_t>(rank());
  for (size_t i = 0; good && i < axes.size(); ++i) {
    const int axis = axes[i];
    good = axis >= 0 && axis < rank() && !seen[static_cast<size_t>(axis)];
    if (!good) break;
    seen[static_cast<size_t>(axis)] = true;
    lengths[i] = shape()[axis];
    strides[i] = stride(axis);
  }
  if (!good) {
    throw Error(text::concat("permute: the axes are not a permutation of those of ", shape()));
  }
  return strided_view(Shape(std::span<const Index>(lengths.data(), axes.size())), strides, 0);
}

Array Array::swap_axes(int a, int b) const {
  std::array<int, Shape::kMaxRank> axes{};
  for (size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int>(i);
  std::swap(axes[static_cast<size_t>(normal_axis(a, rank(), "swap_axes"))],
            axes[static_cast<size_t>(normal_axis(b, rank(), "swap_axes"))]);
  return permute(std::span<const int>(axes.data(), static_cast<size_t>(rank())));
}

Array Array::flip(List<int> axes) const {
  Strides strides = strides_;
  Index offset = 0;
  for (int given : axes) {
    const int axis = normal_axis(given, rank(), "flip");
    const auto i = static_cast<size_t>(axis);
    offset += strides[i] * std::max<Index>(shape()[axis] - 1, 0);
    strides[i] = -strides[i];
  }
  return strided_view(shape(), strides, offset);
}

Array Array::slice(int given, Index start, Index length, Index step) const {
  const int axis = normal_axis(given, rank(), "slice");
  const Index n = shape()[axis];
  const bool begins = start >= 0 && start < n;
  if (length < 0 || step == 0 || (length > 0 && !begins) ||
      (length > 1 && length - 1 > (step > 0 ? (n - 1 - start) / step : -(start / step)))) {
    throw Error(text::concat("slice: start ", start, ", length ", length, ", step ", step,
                             " leaves axis ", axis, " of ", shape()));
  }
  Strides strides = strides_;
  if (length > 1) strides[static_cast<size_t>(axis)] *= step;
  return strided_view(shape().with(axis, length), strides, length == 0 ? 0 : start * stride(axis));
}

Array Array::broadcast_to(const Shape& wider) const {
  const int extra = wider.rank() - rank();
  Strides strides{};
  bool good = extra >= 0;
  for (int axis = 0; good && axis < rank(); ++axis) {
    const Index length = shape()[axis];
    good = length == wider[axis + extra] || length == 1;
    strides[static_cast<size_t>(axis) + static_cast<size_t>(extra)] =
        length == wider[axis + extra] ? stride(axis) : 0;
  }
  if (!good) {
    throw Error(text::concat("broadcast_to: ", shape(), " does not broadcast to ", wider));
  }
  return strided_view(wider, strides, 0);
}

std::optional<Array> Array::reshape_view(const Shape& target) const {
  if (target.size() != size()) {
    throw Error(text::concat("reshape: ", shape(), " holds ", size(), " elements, but ", target,
                             " holds ", target.size()));
  }
  if (is_contiguous()) return strided_view(target, contiguous_strides(target), 0);
  // Walk both shapes from the innermost axis outwards: old axes that form one run with a single
  // stride can be divided into new axes.
  Strides strides{};
  int old_axis = rank() - 1;
  int new_axis = target.rank() - 1;
  while (new_axis >= 0 || old_axis >= 0) {
    while (old_axis >= 0 && shape()[old_axis] == 1) --old_axis;
    if (old_axis < 0) {
      for (; new_axis >= 0; --new_axis) strides[static_cast<size_t>(new_axis)] = 1;
      break;
    }
    const Index inner = stride(old_axis);
    Index run = shape()[old_axis];
    Index covered = 1;
    while (covered < run || (new_axis >= 0 && target[new_axis] == 1)) {
      if (new_axis < 0) return std::nullopt;
      strides[static_cast<size_t>(new_axis)] = inner * covered;
      covered *= target[new_axis--];
      while (covered > run) {
        // The new axis covers further old axes, which must continue the run.
        --old_axis;
        while (old_axis >= 0 && shape()[old_axis] == 1) --old_axis;
        if (old_axis < 0 || stride(old_axis) != inner * run) return std::nullopt;
        run *= shape()[old_axis];
      }
    }
    if (covered != run) return std::nullopt;
    --old_axis;
  }
  return strided_view(target, strides, 0);
}

Array Array::reshape(const Shape& target) const {
  if (auto view = reshape_view(target)) return *view;
  return *contiguous().reshape_view(target);
}

}  // namespace autonet
