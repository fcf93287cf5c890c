#include "autonet/autograd/array.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <utility>

#include "autograd/walk.h"
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet {
namespace {

constexpr std::align_val_t kAlignment{64};

/// Storage of one or two numbers, which share one allocation with their count of owners.
struct alignas(16) FewBytes {
  std::byte bytes[16];
};

std::shared_ptr<void> allocate(std::size_t bytes) {
  if (bytes <= sizeof(FewBytes)) return std::make_shared<FewBytes>();
  void* memory = ::operator new(std::max<std::size_t>(bytes, 1), kAlignment);
  return {memory, [](void* pointer) { ::operator delete(pointer, kAlignment); }};
}

/// Calls visit(T{}) with the C++ scalar of `dtype`.
template <typename Visit>
decltype(auto) with_scalar(DType dtype, Visit visit) {
  return dtype == DType::f32 ? visit(float{}) : visit(double{});
}

}  // namespace

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
Array Array::from(const Shape& shape, List<T> values) {
  if (shape.size() != static_cast<Index>(values.size())) {
    throw Error(text::concat("array: ", values.size(), " values given for shape ", shape,
                             ", which holds ", shape.size()));
  }
  Array array = uninitialized({shape, dtype_of<T>()});
  std::copy(values.begin(), values.end(), static_cast<T*>(array.first_));
  return array;
}
template Array Array::from<float>(const Shape&, List<float>);
template Array Array::from<double>(const Shape&, List<double>);

Array Array::wrap(void* data, const ArrayType& type, std::shared_ptr<void> owner) {
  Array array;
  array.type_ = type;
  array.strides_ = contiguous_strides(type.shape);
  array.owner_ = std::move(owner);
  array.first_ = data;
  return array;
}

void Array::throw_dtype(DType asked) const {
  throw Error(text::concat("array: asked for ", name_of(asked), " data of an ", name_of(dtype()),
                           " array ", shape(), "; convert it with to()"));
}

void Array::check_data(const char* what) const {
  if (!has_data() && size() > 0) throw Error(text::concat(what, ": the array has no data"));
}

namespace {

Index offset_of(const Array& array, List<Index> position) {
  const auto rank = static_cast<size_t>(array.rank());
  bool inside = position.size() == rank;
  Index offset = 0;
  for (size_t axis = 0; inside && axis < rank; ++axis) {
    const int i = static_cast<int>(axis);
    inside = position[axis] >= 0 && position[axis] < array.shape()[i];
    if (inside) offset += position[axis] * array.stride(i);
  }
  if (!inside) {
    throw Error(text::concat("array: position (", text::joined(position, ","), ") is outside ",
                             array.shape()));
  }
  return offset;
}

/// The addresses of the bytes that an array may refer to, from its first byte to one past its last.
std::pair<const std::byte*, const std::byte*> extent(const Array& array) {
  Index low = 0;
  Index high = 1;
  for (int axis = 0; axis < array.rank(); ++axis) {
    const Index reach = (array.shape()[axis] - 1) * array.stride(axis);
    (reach < 0 ? low : high) += reach;
  }
  const auto* first = static_cast<const std::byte*>(array.raw());
  const auto bytes = static_cast<Index>(bytes_of(array.dtype()));
  return {first + low * bytes, first + high * bytes};
}

bool may_overlap(const Array& a, const Array& b) {
  const auto [a_begin, a_end] = extent(a);
  const auto [b_begin, b_end] = extent(b);
  const std::less<> before;
  return before(a_begin, b_end) && before(b_begin, a_end);
}

}  // namespace

double Array::at(List<Index> position) const {
  check_data("array");
  const Index offset = offset_of(*this, position);
  return with_scalar(dtype(), [&](auto scalar) {
    return static_cast<double>(static_cast<const decltype(scalar)*>(first_)[offset]);
  });
}

double Array::item() const {
  if (size() != 1) {
    throw Error(text::concat("array: item() needs exactly one element, got ", shape()));
  }
  const std::array<Index, Shape::kMaxRank> origin{};
  return at(std::span<const Index>(origin.data(), static_cast<size_t>(rank())));
}

void Array::set(List<Index> position, double value) {
  check_data("array");
  const Index offset = offset_of(*this, position);
  with_scalar(dtype(), [&](auto scalar) {
    static_cast<decltype(scalar)*>(first_)[offset] = static_cast<decltype(scalar)>(value);
  });
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
    throw Error(text::concat("copy: shapes disagree: ", shape(), " from ", source.shape()));
  }
  if (size() == 0) return;
  check_data("copy");
  source.check_data("copy");
  if (source.dtype() == dtype()) {
    if (is_contiguous() && source.is_contiguous()) {
      std::memmove(first_, source.first_, type_.bytes());
      return;
    }
    if (first_ == source.first_ && strides_ == source.strides_) return;
  }
  // Else a number might be overwritten before it is read.
  if (may_overlap(*this, source)) return copy_from(source.clone());
  with_scalar(dtype(), [&](auto to) {
    with_scalar(source.dtype(), [&](auto from) {
      using To = decltype(to);
      using From = decltype(from);
      const internal::Walk<2> walk(shape(), {this, &source});
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
  check_data("fill");
  with_scalar(dtype(), [&](auto scalar) {
    using T = decltype(scalar);
    const internal::Walk<1> walk(shape(), {this});
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
