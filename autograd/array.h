#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "autonet/autograd/list.h"
#include "autonet/autograd/shape.h"

namespace autonet {

/// The DType of a C++ scalar: float is f32, double is f64.
template <typename T>
constexpr DType dtype_of() {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
  return std::is_same_v<T, float> ? DType::f32 : DType::f64;
}

/// A dense block of numbers with a shape and strides.
///
/// An Array is a handle: copies and views share the storage, which lives until the last of them is
/// gone (as in NumPy). Strides count elements; they may be negative (a flip) or zero (a broadcast).
/// Fresh storage is contiguous and aligned to 64 bytes (up to 16 bytes of numbers: to 16). An array
/// that was moved from has no data, like one that was default-constructed. Several threads may read
/// an array at once; one that writes to it must be the only one that uses it.
class Array {
 public:
  /// The distance in elements between neighbours along each axis; unused axes are 0.
  using Strides = std::array<Index, Shape::kMaxRank>;

  /// An array without data: has_data() is false. Reading or writing its numbers throws Error.
  Array() = default;
  Array(const Array&) = default;
  /// Takes over the storage; the other has no data then.
  Array(Array&& other) noexcept
      : type_(std::exchange(other.type_, {})),
        strides_(other.strides_),
        first_(std::exchange(other.first_, nullptr)),
        owner_(std::move(other.owner_)) {}
  Array& operator=(const Array&) = default;
  /// The same.
  Array& operator=(Array&& other) noexcept {
    type_ = std::exchange(other.type_, {});
    strides_ = other.strides_;
    first_ = std::exchange(other.first_, nullptr);
    owner_ = std::move(other.owner_);
    return *this;
  }
  ~Array() = default;

  /// Fresh contiguous storage whose numbers are not set.
  static Array uninitialized(const ArrayType& type);
  /// Fresh contiguous storage of zeros.
  static Array zeros(const ArrayType& type);
  /// Fresh contiguous storage filled with `value`.
  static Array full(const ArrayType& type, double value);
  /// An array of rank 0 that holds `value`.
  static Array scalar(double value, DType dtype = DType::f32);
  /// Copies `values` (row-major) into a fresh array: Array::from<double>({2, 2}, {1, 2, 3, 4}).
  /// Throws Error if the sizes disagree.
  template <typename T>
  static Array from(const Shape& shape, List<T> values);
  /// An array over memory of the caller: contiguous, row-major, of type.bytes() bytes, kept alive
  /// by `owner`. The owner may be null if the caller keeps the memory longer than any copy or view
  /// of the array.
  static Array wrap(void* data, const ArrayType& type, std::shared_ptr<void> owner);

  /// False for an array that was default-constructed.
  bool has_data() const { return first_ != nullptr; }
  /// True if the array owns its storage and no other handle shares it.
  bool is_only_handle() const { return owner_.use_count() == 1; }
  /// Lengths of the axes.
  const Shape& shape() const { return type_.shape; }
  /// Type of the numbers.
  DType dtype() const { return type_.dtype; }
  /// Shape and dtype.
  const ArrayType& type() const { return type_; }
  /// Number of axes.
  int rank() const { return type_.shape.rank(); }
  /// Number of elements.
  Index size() const { return type_.shape.size(); }
  /// Distance in elements between neighbours along `axis`, 0 <= axis < rank(). Throws Error
  /// outside.
  Index stride(int axis) const {
    if (axis < 0 || axis >= rank()) (void)shape()[axis];  // throws
    return strides_[static_cast<size_t>(axis)];
  }
  /// True if the elements lie row-major without gaps, so that data<T>() is the whole array.
  bool is_contiguous() const;

  /// Address of element (0, …, 0); null without data. Throws Error if T is not the array's dtype.
  template <typename T>
  T* data() {
    check_dtype(dtype_of<T>());
    return static_cast<T*>(first_);
  }
  /// Address of element (0, …, 0) for reading.
  template <typename T>
  const T* data() const {
    check_dtype(dtype_of<T>());
    return static_cast<const T*>(first_);
  }
  /// Address of element (0, …, 0), whatever the dtype.
  void* raw() { return first_; }
  /// Address of element (0, …, 0) for reading, whatever the dtype.
  const void* raw() const { return first_; }

  /// One element as a double. Throws Error for a position outside the array.
  double at(List<Index> position) const;
  /// The only element as a double. Throws Error if there are more, or none.
  double item() const;
  /// Writes one element. Throws Error for a position outside the array.
  void set(List<Index> position, double value);

  // Views share the storage. All throw Error on a shape or an axis that does not fit; axes may
  // count from the end (-1 is the last), except in permute.

  /// Axis i of the result is axis axes[i] of this.
  Array permute(List<int> axes) const;
  /// Axes a and b exchanged.
  Array swap_axes(int a, int b) const;
  /// The order along each of `axes` reversed.
  Array flip(List<int> axes) const;
  /// Elements start, start + step, …, `length` of them, along one axis; step may be negative.
  Array slice(int axis, Index start, Index length, Index step = 1) const;
  /// NumPy's broadcast: missing leading axes and axes of length 1 get stride 0.
  Array broadcast_to(const Shape& shape) const;
  /// The same elements in the same row-major order under another shape, as a view where the strides
  /// allow it; std::nullopt where a copy would be needed.
  std::optional<Array> reshape_view(const Shape& shape) const;
  /// A view with explicit layout, for ops. `offset` counts elements from element (0, …, 0) of this.
  /// Nothing is checked: every element must lie inside the storage.
  Array strided_view(const Shape& shape, const Strides& strides, Index offset) const;
  /// The same array without a share in the storage, which must outlive the result.
  Array borrowed() const { return {type_, strides_, first_}; }

  // Copies, and functions that write.

  /// The same elements in the same row-major order under another shape: a view where the strides
  /// allow it, else a copy. Throws Error if the sizes disagree.
  Array reshape(const Shape& shape) const;
  /// This array if it is contiguous, else a contiguous copy.
  Array contiguous() const;
  /// A contiguous copy.
  Array clone() const;
  /// A contiguous array of another dtype (this one if nothing changes).
  Array to(DType dtype) const;
  /// Writes the numbers that `source` holds when called, converted to this dtype. The two may share
  /// storage. Throws Error if the shapes differ.
  void copy_from(const Array& source);
  /// Sets every element to `value`.
  void fill(double value);
  /// The elements in row-major order as doubles.
  std::vector<double> to_vector() const;
  /// The numbers with six significant digits, in brackets as in NumPy: "[[1, 2], [3, 4]]"; along an
  /// axis of more than eight elements the middle is left out: "[0, 1, 2, …, 97, 98, 99]".
  std::string str() const;

 private:
  Array(const ArrayType& type, const Strides& strides, void* first)
      : type_(type), strides_(strides), first_(first) {}
  void check_dtype(DType asked) const {
    if (dtype() != asked) throw_dtype(asked);
  }
  [[noreturn]] void throw_dtype(DType asked) const;
  void check_data(const char* what) const;

  ArrayType type_;
  Strides strides_{};
  void* first_ = nullptr;
  std::shared_ptr<void> owner_;
};

/// Prints str().
std::ostream& operator<<(std::ostream& out, const Array& array);

/// An array over the numbers of a vector, span or std::array, row-major, without a copy; writing to
/// one changes the other. The numbers must live longer than the array and its views. An array over
/// const numbers must only be read. Throws Error if the sizes disagree.
template <typename T>
Array view(std::span<T> numbers, const Shape& shape);
/// The same for anything that keeps its numbers in one piece.
template <typename R>
requires(std::is_lvalue_reference_v<R>&& requires(R&& numbers) { std::span(numbers); }) Array
    view(R&& numbers, const Shape& shape) {
  return view(std::span<typename decltype(std::span(numbers))::element_type>(numbers), shape);
}

/// Row-major strides of a contiguous array.
Array::Strides contiguous_strides(const Shape& shape);

/// The shape that NumPy's broadcasting gives a and b. Throws Error, whose text begins with `op`, if
/// there is none.
Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op);

}  // namespace autonet
