#include "autograd/array.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "autograd/error.h"
#include "autograd/walk.h"

namespace autonet {
namespace {

constexpr std::align_val_t kAlignment{64};

std::shared_ptr<void> allocate(std::size_t bytes) {
  void* memory = ::operator new(std::max<std::size_t>(bytes, 1), kAlignment);
  return {memory, [](void* pointer) { ::operator delete(pointer, kAlignment); }};
}

/// Calls visit(T{}) with the C++ scalar of `dtype`.
template <typename Visit>
decltype(auto) with_scalar(DType dtype, Visit visit) {
  return dtype == DType::f32 ? visit(float{}) : visit(double{});
}

}  // namespace

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
      throw Error(std::string(op) + ": shapes do not broadcast: axis " + std::to_string(axis) +
                  " has " + std::to_string(length_a) + " and " + std::to_string(length_b) +
                  "; the shapes are " + a.str() + " and " + b.str());
    }
    lengths[static_cast<size_t>(axis)] = length_a == 1 ? length_b : length_a;
  }
  return Shape(std::span<const Index>(lengths.data(), static_cast<size_t>(rank)));
}

Array Array::uninitialized(const ArrayType& type) {
  Array array;
  array.type_ = type;
  array.strides_ = contiguous_strides(type.shape);
  array.owner_ = allocate(type.bytes());
  array.first_ = array.owner_.get();
  return array;
}

Array Array::zeros(const ArrayType& type) {
  Array array = uninitialized(type);
  std::memset(array.first_, 0, type.bytes());
  return array;
}

Array Array::full(const ArrayType& type, double value) {
  Array array = uninitialized(type);
  array.fill(value);
  return array;
}

Array Array::scalar(double value, DType dtype) {
  return full({Shape{}, dtype}, value);
}

template <typename T>
Array Array::from(const Shape& shape, std::span<const T> values) {
  if (shape.size() != static_cast<Index>(values.size())) {
    throw Error("array: " + std::to_string(values.size()) + " values given for shape " +
                shape.str() + ", which holds " + std::to_string(shape.size()));
  }
  Array array = uninitialized({shape, dtype_of<T>()});
  std::copy(values.begin(), values.end(), static_cast<T*>(array.first_));
  return array;
}
template Array Array::from<float>(const Shape&, std::span<const float>);
template Array Array::from<double>(const Shape&, std::span<const double>);

Array Array::wrap(void* data, const ArrayType& type, std::shared_ptr<void> owner) {
  Array array;
  array.type_ = type;
  array.strides_ = contiguous_strides(type.shape);
  array.owner_ = std::move(owner);
  array.first_ = data;
  return array;
}

bool Array::is_contiguous() const {
  Index step = 1;
  for (int axis = rank() - 1; axis >= 0; --axis) {
    const Index length = shape()[axis];
    if (length == 0) return true;
    if (length != 1 && stride(axis) != step) return false;
    step *= length;
  }
  return true;
}

template <typename T>
void Array::check_dtype() const {
  if (dtype() != dtype_of<T>()) {
    throw Error(std::string("array: asked for ") + name_of(dtype_of<T>()) + " data of an " +
                name_of(dtype()) + " array " + shape().str() + "; convert it with to()");
  }
}

template <typename T>
T* Array::data() {
  check_dtype<T>();
  return static_cast<T*>(first_);
}
template <typename T>
const T* Array::data() const {
  check_dtype<T>();
  return static_cast<const T*>(first_);
}
template float* Array::data<float>();
template double* Array::data<double>();
template const float* Array::data<float>() const;
template const double* Array::data<double>() const;

namespace {

Index offset_of(const Array& array, std::span<const Index> position) {
  const auto rank = static_cast<size_t>(array.rank());
  bool inside = position.size() == rank;
  Index offset = 0;
  for (size_t axis = 0; inside && axis < rank; ++axis) {
    const int i = static_cast<int>(axis);
    inside = position[axis] >= 0 && position[axis] < array.shape()[i];
    offset += position[axis] * array.stride(i);
  }
  if (!inside) {
    std::string text = "array: position (";
    for (size_t i = 0; i < position.size(); ++i) {
      if (i > 0) text += ',';
      text += std::to_string(position[i]);
    }
    throw Error(text + ") is outside " + array.shape().str());
  }
  return offset;
}

}  // namespace

double Array::at(std::span<const Index> position) const {
  const Index offset = offset_of(*this, position);
  return with_scalar(dtype(), [&](auto scalar) {
    return static_cast<double>(static_cast<const decltype(scalar)*>(first_)[offset]);
  });
}
double Array::at(std::initializer_list<Index> position) const {
  return at(std::span<const Index>(position.begin(), position.size()));
}

double Array::item() const {
  if (size() != 1) throw Error("array: item() needs exactly one element, got " + shape().str());
  const std::array<Index, Shape::kMaxRank> origin{};
  return at(std::span<const Index>(origin.data(), static_cast<size_t>(rank())));
}

void Array::set(std::span<const Index> position, double value) {
  const Index offset = offset_of(*this, position);
  with_scalar(dtype(), [&](auto scalar) {
    static_cast<decltype(scalar)*>(first_)[offset] = static_cast<decltype(scalar)>(value);
  });
}
void Array::set(std::initializer_list<Index> position, double value) {
  set(std::span<const Index>(position.begin(), position.size()), value);
}

Array Array::strided_view(const Shape& shape, const Strides& strides, Index offset) const {
  Array view = *this;
  view.type_.shape = shape;
  view.strides_ = strides;
  view.first_ = static_cast<std::byte*>(first_) + offset * static_cast<Index>(bytes_of(dtype()));
  return view;
}

Array Array::permute(std::span<const int> axes) const {
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
  if (!good) throw Error("permute: the axes are not a permutation of those of " + shape().str());
  return strided_view(Shape(std::span<const Index>(lengths.data(), axes.size())), strides, 0);
}

Array Array::swap_axes(int a, int b) const {
  std::array<int, Shape::kMaxRank> axes{};
  for (size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int>(i);
  std::swap(axes[static_cast<size_t>(normal_axis(a, rank(), "swap_axes"))],
            axes[static_cast<size_t>(normal_axis(b, rank(), "swap_axes"))]);
  return permute(std::span<const int>(axes.data(), static_cast<size_t>(rank())));
}

Array Array::flip(std::span<const int> axes) const {
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
  const Index last = start + (length - 1) * step;
  if (length < 0 || step == 0 ||
      (length > 0 && (start < 0 || start >= n || last < 0 || last >= n))) {
    throw Error("slice: start " + std::to_string(start) + ", length " + std::to_string(length) +
                ", step " + std::to_string(step) + " leaves axis " + std::to_string(axis) + " of " +
                shape().str());
  }
  Strides strides = strides_;
  strides[static_cast<size_t>(axis)] *= step;
  return strided_view(shape().with(axis, length), strides, length == 0 ? 0 : start * stride(axis));
}

Array Array::broadcast_to(const Shape& wider) const {
  const int extra = wider.rank() - rank();
  Strides strides{};
  bool good = extra >= 0;
  for (int axis = 0; good && axis < rank(); ++axis) {
    const Index length = shape()[axis];
    good = length == wider[axis + extra] || length == 1;
    strides[static_cast<size_t>(axis + extra)] = length == wider[axis + extra] ? stride(axis) : 0;
  }
  if (!good)
    throw Error("broadcast_to: " + shape().str() + " does not broadcast to " + wider.str());
  return strided_view(wider, strides, 0);
}

std::optional<Array> Array::reshape_view(const Shape& target) const {
  if (target.size() != size()) {
    throw Error("reshape: " + shape().str() + " holds " + std::to_string(size()) +
                " elements, but " + target.str() + " holds " + std::to_string(target.size()));
  }
  if (is_contiguous()) return strided_view(target, contiguous_strides(target), 0);
  // Walk both shapes from the inside: a group of old axes that lies in one even run can be cut
  // anew.
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
        // The new axis spans further old axes: they must continue the run evenly.
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

Array Array::contiguous() const {
  return is_contiguous() ? *this : clone();
}

Array Array::clone() const {
  Array copy = uninitialized(type_);
  copy.copy_from(*this);
  return copy;
}

Array Array::to(DType wanted) const {
  if (wanted == dtype()) return contiguous();
  Array copy = uninitialized({shape(), wanted});
  copy.copy_from(*this);
  return copy;
}

void Array::copy_from(const Array& source) {
  if (source.shape() != shape()) {
    throw Error("copy: shapes disagree: " + shape().str() + " from " + source.shape().str());
  }
  if (source.dtype() == dtype() && is_contiguous() && source.is_contiguous()) {
    if (size() > 0) std::memmove(first_, source.first_, type_.bytes());
    return;
  }
  with_scalar(dtype(), [&](auto to) {
    with_scalar(source.dtype(), [&](auto from) {
      using To = decltype(to);
      using From = decltype(from);
      const Walk<2> walk(shape(), {this, &source});
      walk.runs(0, size(), [&](Index, Index length, const std::array<Index, 2>& offsets) {
        To* out = static_cast<To*>(first_) + offsets[0];
        const From* in = static_cast<const From*>(source.first_) + offsets[1];
        const Index out_step = walk.inner_stride(0);
        const Index in_step = walk.inner_stride(1);
        for (Index i = 0; i < length; ++i) out[i * out_step] = static_cast<To>(in[i * in_step]);
      });
    });
  });
}

void Array::fill(double value) {
  with_scalar(dtype(), [&](auto scalar) {
    using T = decltype(scalar);
    const Walk<1> walk(shape(), {this});
    walk.runs(0, size(), [&](Index, Index length, const std::array<Index, 1>& offset) {
      T* numbers = static_cast<T*>(first_) + offset[0];
      const Index step = walk.inner_stride(0);
      for (Index i = 0; i < length; ++i) numbers[i * step] = static_cast<T>(value);
    });
  });
}

std::vector<double> Array::to_vector() const {
  std::vector<double> values(static_cast<size_t>(size()));
  wrap(values.data(), {shape(), DType::f64}, nullptr).copy_from(*this);
  return values;
}

}  // namespace autonet
