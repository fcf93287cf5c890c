#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "autonet/autograd/debug_mode.h"

namespace autonet {

/// The type of sizes, strides and positions. Signed, so that differences are plain arithmetic.
using Index = std::ptrdiff_t;

/// The number type of an array, chosen at run time.
enum class DType : std::uint8_t {
  f32,  ///< float, 4 bytes
  f64,  ///< double, 8 bytes
};

/// Bytes of one number: 4 or 8.
constexpr std::size_t bytes_of(DType dtype) {
  return dtype == DType::f32 ? 4 : 8;
}

/// "f32" or "f64".
const char* name_of(DType dtype);

/// The lengths of an array along its axes; rank 0 is a scalar. A small value, copied freely.
/// Invariant: no length is negative, and the product of those that are not zero is at most 2^59.
class Shape {
 public:
  /// The largest number of axes.
  static constexpr int kMaxRank = 6;

  /// The shape of a scalar.
  Shape() = default;
  /// Throws Error for more than kMaxRank axes, a negative length or too many elements.
  Shape(std::initializer_list<Index> lengths);
  /// The same for lengths that are computed at run time.
  explicit Shape(std::span<const Index> lengths);

  /// Number of axes.
  int rank() const { return rank_; }
  /// Length along `axis`, 0 <= axis < rank(). Throws Error outside.
  Index operator[](int axis) const {
    if (axis < 0 || axis >= rank_) throw_outside(axis);
    return lengths_[static_cast<size_t>(axis)];
  }
  /// Number of elements: the product of the lengths, 1 for a scalar.
  Index size() const {
    Index product = 1;
    for (int i = 0; i < rank_; ++i) product *= lengths_[static_cast<size_t>(i)];
    return product;
  }
  /// The lengths of all axes, outermost first.
  std::span<const Index> lengths() const { return {lengths_.data(), static_cast<size_t>(rank_)}; }

  /// A copy with the length of one axis replaced.
  Shape with(int axis, Index length) const;

  /// True if rank and lengths are equal.
  bool operator==(const Shape& other) const {
    bool equal = rank_ == other.rank_;
    for (int i = 0; equal && i < rank_; ++i) {
      equal = lengths_[static_cast<size_t>(i)] == other.lengths_[static_cast<size_t>(i)];
    }
    return equal;
  }
  /// "[8,28,28,3]"; a scalar is "[]".
  std::string str() const;

 private:
  [[noreturn]] void throw_outside(int axis) const;

  std::array<Index, kMaxRank> lengths_{};
  int rank_ = 0;
};

/// The axis as a number in [0, rank), where -1 stands for the last one, -2 for the one before it,
/// and so on. Throws Error, whose text begins with `what`, outside [-rank, rank).
int normal_axis(Index axis, int rank, const char* what);

/// Shape and number type of an array.
struct ArrayType {
  Shape shape;               ///< lengths of the axes
  DType dtype = DType::f32;  ///< type of the numbers
  /// True if shape and dtype are equal.
  bool operator==(const ArrayType&) const = default;
  /// Bytes of a contiguous array of this type.
  std::size_t bytes() const { return static_cast<std::size_t>(shape.size()) * bytes_of(dtype); }
  /// "[2,3] f32".
  std::string str() const;
};

namespace internal {

/// The position of the element-th element in row-major order.
std::vector<Index> position_of(Index element, const Shape& shape);
/// That position as text: "[1,0,3]".
std::string position_text(Index element, const Shape& shape);

}  // namespace internal
}  // namespace autonet
