#include "autonet/autograd/shape.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet {

std::size_t bytes_of(DType dtype) {
  return dtype == DType::f32 ? 4 : 8;
}

const char* name_of(DType dtype) {
  return dtype == DType::f32 ? "f32" : "f64";
}

Shape::Shape(std::initializer_list<Index> lengths)
    : Shape(std::span<const Index>(lengths.begin(), lengths.size())) {}

Shape::Shape(std::span<const Index> lengths) {
  if (lengths.size() > kMaxRank) {
    throw Error(text::concat("shape: at most ", kMaxRank, " axes, got ", lengths.size()));
  }
  rank_ = static_cast<int>(lengths.size());
  std::copy(lengths.begin(), lengths.end(), lengths_.begin());
  for (Index length : lengths) {
    if (length < 0) throw Error(text::concat("shape: lengths must not be negative, got ", *this));
  }
  // The bytes of the largest number type must fit an Index. Axes of length 0 are left out, so that
  // strides fit too.
  Index product = 1;
  for (Index length : lengths) {
    if (length == 0) continue;
    if (__builtin_mul_overflow(product, length, &product) || product > (Index{1} << 59)) {
      throw Error(text::concat("shape: too many elements in ", *this));
    }
  }
}

Index Shape::operator[](int axis) const {
  if (axis < 0 || axis >= rank_) {
    throw Error(text::concat("shape: axis ", axis, " is outside ", *this));
  }
  return lengths_[static_cast<size_t>(axis)];
}

Index Shape::size() const {
  Index product = 1;
  for (Index length : lengths()) product *= length;
  return product;
}

Shape Shape::with(int axis, Index length) const {
  (void)(*this)[axis];
  std::array<Index, kMaxRank> lengths = lengths_;
  lengths[static_cast<size_t>(axis)] = length;
  return Shape(std::span<const Index>(lengths.data(), static_cast<size_t>(rank_)));
}

bool Shape::operator==(const Shape& other) const {
  return std::ranges::equal(lengths(), other.lengths());
}

std::string Shape::str() const {
  return text::concat("[", text::joined(lengths(), ","), "]");
}

int normal_axis(Index axis, int rank, const char* what) {
  if (axis < -rank || axis >= rank) {
    throw Error(text::concat(what, ": axis ", axis, " is outside an array of ", rank, " axes"));
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::size_t ArrayType::bytes() const {
  return static_cast<std::size_t>(shape.size()) * bytes_of(dtype);
}

std::string ArrayType::str() const {
  return text::concat(shape, " ", name_of(dtype));
}

std::vector<Index> internal::position_of(Index element, const Shape& shape) {
  std::vector<Index> position(static_cast<size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    position[static_cast<size_t>(axis)] = element % shape[axis];
    element /= shape[axis];
  }
  return position;
}

std::string internal::position_text(Index element, const Shape& shape) {
  return Shape(position_of(element, shape)).str();  // written as a shape is
}

}  // namespace autonet
