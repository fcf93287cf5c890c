#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace autonet {

/// Every size, stride and position. Signed, so that differences are plain arithmetic.
using Index = std::int64_t;

/// The number type of an array, chosen at run time.
enum class DType : std::uint8_t { f32, f64 };

/// Bytes of one number: 4 or 8.
std::size_t bytes_of(DType dtype);

/// "f32" or "f64".
const char* name_of(DType dtype);

/// The lengths of an array along its axes; rank 0 is a scalar. A value: small, copied freely.
/// Invariant: no length is negative and their product fits an Index.
class Shape {
 public:
  static constexpr int kMaxRank = 6;

  Shape() = default;
  Shape(std::initializer_list<Index> lengths);
  explicit Shape(std::span<const Index> lengths);

  int rank() const { return rank_; }
  /// Length along `axis`, 0 <= axis < rank(). Throws Error outside.
  Index operator[](int axis) const;
  /// Number of elements: the product of the lengths, 1 for a scalar.
  Index size() const;
  std::span<const Index> lengths() const { return {lengths_.data(), static_cast<size_t>(rank_)}; }

  /// A copy with the length of one axis replaced.
  Shape with(int axis, Index length) const;

  bool operator==(const Shape& other) const;
  /// "[8,28,28,3]"; a scalar is "[]".
  std::string str() const;

 private:
  std::array<Index, kMaxRank> lengths_{};
  int rank_ = 0;
};

/// Reads an axis that may count from the end (-1 is the last); throws Error naming `what` if it is
/// outside [-rank, rank).
int normal_axis(Index axis, int rank, const char* what);

/// What is known of an array before its numbers are.
struct ArrayType {
  Shape shape;
  DType dtype = DType::f32;
  bool operator==(const ArrayType&) const = default;
  std::size_t bytes() const;
};

}  // namespace autonet
