#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "autograd/shape.h"

namespace autonet {

/// The DType of a C++ scalar: float is f32, double is f64.
template <typename T>
constexpr DType dtype_of() {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
  return std::is_same_v<T, float> ? DType::f32 : DType::f64;
}

/// A dense block of numbers seen through a shape and strides.
///
/// An Array is a handle: copies and views share the storage, which lives until the last of them is
/// gone (as in NumPy). Strides count elements, may be negative (a flip) or zero (a broadcast).
/// Fresh storage is aligned to 64 bytes and contiguous, last axis innermost. Reading from several
/// threads is safe; writing needs the same care as writing through a pointer.
class Array {
 public:
  using Strides = std::array<Index, Shape::kMaxRank>;

  /// No array at all: `has_data()` is false.
  Array() = default;

  /// Fresh contiguous storage; `uninitialized` leaves the numbers unset.
  static Array uninitialized(const ArrayType& type);
  static Array zeros(const ArrayType& type);
  static Array full(const ArrayType& type, double value);
  static Array scalar(double value, DType dtype = DType::f32);
  /// Copies `values` (row-major) into a fresh array. Throws Error if the sizes disagree.
  template <typename T>
  static Array from(const Shape& shape, std::span<const T> values);
  template <typename T>
  static Array from(const Shape& shape, std::initializer_list<T> values) {
    return from<T>(shape, std::span<const T>(values.begin(), values.size()));
  }
  /// Wraps foreign memory: contiguous, row-major, kept alive by `owner` (may be null when the
  /// caller outlives every copy of the array).
  static Array wrap(void* data, const ArrayType& type, std::shared_ptr<void> owner);

  bool has_data() const { return first_ != nullptr; }
  const Shape& shape() const { return type_.shape; }
  DType dtype() const { return type_.dtype; }
  const ArrayType& type() const { return type_; }
  int rank() const { return type_.shape.rank(); }
  Index size() const { return type_.shape.size(); }
  /// Distance in elements between neighbours along `axis`.
  Index stride(int axis) const { return strides_[static_cast<size_t>(axis)]; }
  /// True if the elements lie row-major without gaps, so that data<T>() is the whole array.
  bool is_contiguous() const;

  /// Address of element (0, …, 0). Throws Error if T is not the array's dtype.
  template <typename T>
  T* data();
  template <typename T>
  const T* data() const;
  void* raw() { return first_; }
  const void* raw() const { return first_; }

  /// One element as a double, bounds-checked; `item()` is the only element.
  double at(std::initializer_list<Index> position) const;
  double at(std::span<const Index> position) const;
  double item() const;
  void set(std::initializer_list<Index> position, double value);
  void set(std::span<const Index> position, double value);

  // Views: the same storage, seen otherwise. All throw Error on a shape that does not fit.

  /// Axis i of the result is axis axes[i] of this.
  Array permute(std::span<const int> axes) const;
  Array swap_axes(int a, int b) const;
  /// The order along each of `axes` reversed.
  Array flip(std::span<const int> axes) const;
  /// Elements start, start + step, …, `length` of them, along one axis; step may be negative.
  Array slice(int axis, Index start, Index length, Index step = 1) const;
  /// NumPy's broadcast: missing leading axes and axes of length 1 get stride 0.
  Array broadcast_to(const Shape& shape) const;
  /// The same elements in the same row-major order under another shape, as a view where the strides
  /// allow it; std::nullopt where a copy would be needed.
  std::optional<Array> reshape_view(const Shape& shape) const;

  // Copies.

  Array reshape(const Shape& shape) const;
  /// This array if contiguous, else a contiguous copy.
  Array contiguous() const;
  Array clone() const;
  /// A contiguous array of another dtype (this one if nothing changes).
  Array to(DType dtype) const;
  /// Writes `source`'s numbers, converting the dtype; the shapes must agree.
  void copy_from(const Array& source);
  void fill(double value);
  /// The elements in row-major order as doubles.
  std::vector<double> to_vector() const;

  /// For views by ops: the same storage with explicit layout. `offset` counts elements from
  /// element (0, …, 0) of this; the caller guarantees that every element lies inside the storage.
  Array strided_view(const Shape& shape, const Strides& strides, Index offset) const;

 private:
  template <typename T>
  void check_dtype() const;

  ArrayType type_;
  Strides strides_{};
  void* first_ = nullptr;
  std::shared_ptr<void> owner_;
};

/// Row-major strides of a contiguous array.
Array::Strides contiguous_strides(const Shape& shape);

/// The shape that NumPy's broadcasting gives a and b; throws Error naming `op` if there is none.
Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op);

}  // namespace autonet
