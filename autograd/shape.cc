#include "autograd/shape.h"

#include <algorithm>

#include "autograd/error.h"

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
    throw Error("shape: at most " + std::to_string(kMaxRank) + " axes, got " +
                std::to_string(lengths.size()));
  }
  rank_ = static_cast<int>(lengths.size());
  std::copy(lengths.begin(), lengths.end(), lengths_.begin());
  for (Index length : lengths) {
    if (length < 0) throw Error("shape: lengths must not be negative, got " + str());
  }
  // Eight bytes a number must stay addressable, also where another axis is empty.
  Index product = 1;
  for (Index length : lengths) {
    if (length == 0) continue;
    if (__builtin_mul_overflow(product, length, &product) || product > (Index{1} << 59)) {
      throw Error("shape: too many elements in " + str());
    }
  }
}

Index Shape::operator[](int axis) const {
  if (axis < 0 || axis >= rank_) {
    throw Error("shape: axis " + std::to_string(axis) + " is outside " + str());
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
  std::string text = "[";
  for (int axis = 0; axis < rank_; ++axis) {
    if (axis > 0) text += ',';
    text += std::to_string(lengths_[static_cast<size_t>(axis)]);
  }
  return text + "]";
}

int normal_axis(Index axis, int rank, const char* what) {
  if (axis < -rank || axis >= rank) {
    throw Error(std::string(what) + ": axis " + std::to_string(axis) + " is outside an array of " +
                std::to_string(rank) + " axes");
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::size_t ArrayType::bytes() const {
  return static_cast<std::size_t>(shape.size()) * bytes_of(dtype);
}

}  // namespace autonet
