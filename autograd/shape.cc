#include "autonet/autograd/shape.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet {

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

void Shape::throw_outside(int axis) const {
  throw Error(text::concat("shape: axis ", axis, " is outside ", *this));
}

Shape Shape::with(int axis, Index length) const {
  (void)(*this)[axis];
  std::array<Index, kMaxRank> lengths = lengths_;
  lengths[static_cast<size_t>(axis)] = length;
  return Shape(std::span<const Index>(lengths.data(), static_cast<size_t>(rank_)));
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
