#include "python/bindings/arrays.h"

#include <nanobind/stl/string.h>

#include <array>
#include <cstdint>
#include <memory>

namespace autonet::python {
namespace {

using AnyArray = nb::ndarray<nb::ro, nb::device::cpu>;

std::optional<DType> dtype_of(const AnyArray& numbers) {
  if (numbers.dtype() == nb::dtype<float>()) return DType::f32;
  if (numbers.dtype() == nb::dtype<double>()) return DType::f64;
  return std::nullopt;
}

/// An Array over the memory of `numbers`, or nothing if it cannot be shared.
std::optional<Array> shared(const AnyArray& numbers) {
  const std::optional<DType> dtype = dtype_of(numbers);
  if (!dtype || numbers.ndim() > Shape::kMaxRank) return std::nullopt;
  std::array<Index, Shape::kMaxRank> lengths{};
  Array::Strides strides{};
  Index below = 0;  // elements from the first in memory to element (0, …, 0)
  Index above = 0;  // and from there to the last in memory
  bool empty = false;
  for (size_t i = 0; i < numbers.ndim(); ++i) {
    lengths[i] = static_cast<Index>(numbers.shape(i));
    strides[i] = static_cast<Index>(numbers.stride(i));
    empty = empty || lengths[i] == 0;
    const Index reach = (lengths[i] - 1) * strides[i];
    (reach < 0 ? below : above) += reach < 0 ? -reach : reach;
  }
  const Shape shape(std::span<const Index>(lengths.data(), numbers.ndim()));
  if (empty) return Array::zeros({shape, *dtype});
  auto* const origin = static_cast<std::byte*>(const_cast<void*>(numbers.data()));
  const auto size = static_cast<Index>(bytes_of(*dtype));
  if (reinterpret_cast<std::uintptr_t>(origin) % static_cast<std::uintptr_t>(size) != 0) {
    return std::nullopt;
  }
  std::shared_ptr<void> owner(new AnyArray(numbers), [](void* kept) {
    const nb::gil_scoped_acquire gil;
    delete static_cast<AnyArray*>(kept);
  });
  const Array whole =
      Array::wrap(origin - below * size, {{below + above + 1}, *dtype}, std::move(owner));
  return whole.strided_view(shape, strides, below);
}

}  // namespace

Array to_array(nb::handle value, const char* what, DType other) {
  AnyArray numbers;
  if (nb::try_cast(value, numbers, false)) {
    if (std::optional<Array> array = shared(numbers)) return *array;
  }
  // Numbers of another type, Python numbers and lists: NumPy knows how to read them.
  nb::object converted;
  try {
    const nb::module_ numpy = nb::module_::import_("numpy");
    converted = numpy.attr("array")(value, nb::arg("dtype") = numpy_name(other));
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_TypeError) && !error.matches(PyExc_ValueError)) throw;
    const nb::str type = nb::str(nb::handle(reinterpret_cast<PyObject*>(Py_TYPE(value.ptr()))));
    const std::string text = std::string(what) + " must be an array of numbers, got " +
                             nb::cast<std::string>(type) + ": " + error.what();
    throw nb::type_error(text.c_str());
  }
  if (nb::try_cast(converted, numbers, false)) {
    if (std::optional<Array> array = shared(numbers)) return *array;
  }
  const std::string text = std::string(what) + " has more than " + std::to_string(Shape::kMaxRank) +
                           " axes, the most there can be";
  throw nb::type_error(text.c_str());
}

Array to_array_of(nb::handle value, const char* what, DType dtype) {
  return to_array(value, what, dtype).to(dtype);
}

nb::object to_numpy(const Array& array) {
  auto* const kept = new Array(array);
  const nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<Array*>(p); });
  std::array<size_t, Shape::kMaxRank> lengths{};
  std::array<std::int64_t, Shape::kMaxRank> strides{};
  const auto rank = static_cast<size_t>(array.rank());
  for (size_t i = 0; i < rank; ++i) {
    lengths[i] = static_cast<size_t>(array.shape()[static_cast<int>(i)]);
    strides[i] = array.stride(static_cast<int>(i));
  }
  const nb::dlpack::dtype dtype =
      array.dtype() == DType::f32 ? nb::dtype<float>() : nb::dtype<double>();
  const nb::ndarray<nb::numpy> numbers(kept->raw(), rank, lengths.data(), owner, strides.data(),
                                       dtype);
  return nb::cast(numbers, nb::rv_policy::reference);
}

nb::object copy_to_numpy(const Array& array) {
  return to_numpy(array.clone());
}

nb::tuple to_tuple(const Shape& shape) {
  nb::list lengths;
  for (const Index length : shape.lengths()) lengths.append(length);
  return nb::tuple(lengths);
}

const char* numpy_name(DType dtype) {
  return dtype == DType::f32 ? "float32" : "float64";
}

std::vector<int> to_axes(nb::handle axes) {
  if (axes.is_none()) return {};
  if (PyLong_Check(axes.ptr())) return {nb::cast<int>(axes)};
  std::vector<int> numbers;
  for (const nb::handle axis : axes) numbers.push_back(nb::cast<int>(axis));
  return numbers;
}

Shape to_shape(nb::handle lengths) {
  std::vector<Index> numbers;
  if (PyLong_Check(lengths.ptr())) {
    numbers.push_back(nb::cast<Index>(lengths));
  } else {
    for (const nb::handle length : lengths) numbers.push_back(nb::cast<Index>(length));
  }
  return Shape(std::span<const Index>(numbers));
}

}  // namespace autonet::python
