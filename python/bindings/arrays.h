#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <optional>
#include <string>
#include <vector>

#include "autonet/autograd/array.h"

namespace autonet::python {

namespace nb = nanobind;

/// An Array over the numbers of a NumPy array or of any tensor that speaks DLPack, in memory of the
/// processor. Numbers of f32 and f64 are shared, whatever their strides, and kept alive. Numbers of
/// another type, Python numbers and lists are copied as `other`. Throws TypeError for what is no
/// array, naming `what`.
Array to_array(nb::handle value, const char* what, DType other = DType::f64);

/// The same, converted to `dtype` where it has another one.
Array to_array_of(nb::handle value, const char* what, DType dtype);

/// A NumPy array over the numbers of an Array, which it keeps alive; nothing is copied.
nb::object to_numpy(const Array& array);

/// A NumPy array with a copy of the numbers.
nb::object copy_to_numpy(const Array& array);

/// A shape as a Python tuple.
nb::tuple to_tuple(const Shape& shape);

/// "float32" or "float64".
const char* numpy_name(DType dtype);

/// The axes meant by None (all), a number or a sequence of numbers.
std::vector<int> to_axes(nb::handle axes);

/// The shape meant by a number or a sequence of numbers.
Shape to_shape(nb::handle lengths);

}  // namespace autonet::python
