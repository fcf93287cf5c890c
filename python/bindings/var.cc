#include "python/bindings/var.h"

#include <nanobind/operators.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>

#include "autonet/autograd/grad.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "python/bindings/arrays.h"

namespace autonet::python {
namespace {

bool is_number(nb::handle value) {
  return PyFloat_Check(value.ptr()) || PyLong_Check(value.ptr());
}

Array value_of(const PyVar& x) {
  const nb::gil_scoped_release release;
  return x.var.value();
}

/// An operator of a Var and a Var, number or array.
template <typename F>
void bind_operator(nb::class_<PyVar>& type, const char* name, F f) {
  type.def(
      name,
      [f](const PyVar& a, nb::handle b) -> PyVar {
        if (is_number(b)) return a.with(f(a.var, nb::cast<double>(b)));
        return a.with(f(a.var, to_var(b, a, "the other operand")));
      },
      nb::is_operator());
}

/// The same with the Var on the right: the other operand comes first.
template <typename F>
void bind_reversed(nb::class_<PyVar>& type, const char* name, F f) {
  type.def(
      name,
      [f](const PyVar& b, nb::handle a) -> PyVar {
        if (is_number(a)) return b.with(f(nb::cast<double>(a), b.var));
        return b.with(f(to_var(a, b, "the other operand"), b.var));
      },
      nb::is_operator());
}

/// x[index] for whole numbers, slices, None and ..., as in NumPy.
PyVar item(const PyVar& x, nb::handle index) {
  nb::list parts;
  if (nb::isinstance<nb::tuple>(index)) {
    for (const nb::handle part : index) parts.append(part);
  } else {
    parts.append(index);
  }
  int used = 0;
  for (const nb::handle part : parts) {
    used += part.is_none() || part.is(nb::ellipsis()) ? 0 : 1;
  }
  if (used > x.var.rank()) {
    const std::string text =
        "too many indices for shape " + x.var.shape().str() + ": got " + std::to_string(used);
    throw nb::index_error(text.c_str());
  }
  Var y = x.var;
  std::vector<Index> shape;
  int axis = 0;
  for (const nb::handle part : parts) {
    if (part.is_none()) {
      shape.push_back(1);
    } else if (part.is(nb::ellipsis())) {
      for (int left = x.var.rank() - used; left > 0; --left) shape.push_back(y.shape()[axis++]);
      used = x.var.rank();  // a second ... stands for no axis
    } else if (PyLong_Check(part.ptr())) {
      const Index length = y.shape()[axis];
      Index position = nb::cast<Index>(part);
      if (position < 0) position += length;
      if (position < 0 || position >= length) {
        const std::string text = "index " + std::to_string(nb::cast<Index>(part)) +
                                 " is outside of axis " + std::to_string(axis) + " of length " +
                                 std::to_string(length);
        throw nb::index_error(text.c_str());
      }
      y = slice(y, axis++, position, 1);
    } else if (PySlice_Check(part.ptr())) {
      Py_ssize_t start = 0;
      Py_ssize_t stop = 0;
      Py_ssize_t step = 0;
      if (PySlice_Unpack(part.ptr(), &start, &stop, &step) < 0) throw nb::python_error();
      const Py_ssize_t length = PySlice_AdjustIndices(y.shape()[axis], &start, &stop, step);
      if (step > 0) {
        y = slice(y, axis, start, length, step);
      } else if (length > 0) {
        const int axes[] = {axis};
        y = flip(slice(y, axis, start + (length - 1) * step, length, -step), axes);
      } else {
        y = slice(y, axis, 0, 0);
      }
      shape.push_back(length);
      ++axis;
    } else {
      throw nb::type_error(
          "an index must be a whole number, a slice, None or ...; to choose rows "
          "by an array of numbers, use gather or embedding");
    }
  }
  while (axis < x.var.rank()) shape.push_back(y.shape()[axis++]);
  return x.with(reshape(y, Shape(std::span<const Index>(shape))));
}

void bind_arithmetic(nb::class_<PyVar>& type) {
  bind_operator(type, "__add__", [](auto a, auto b) { return a + b; });
  bind_operator(type, "__sub__", [](auto a, auto b) { return a - b; });
  bind_operator(type, "__mul__", [](auto a, auto b) { return a * b; });
  bind_operator(type, "__truediv__", [](auto a, auto b) { return a / b; });
  bind_operator(type, "__pow__", [](auto a, auto b) { return pow(a, b); });
  bind_reversed(type, "__radd__", [](auto a, auto b) { return a + b; });
  bind_reversed(type, "__rsub__", [](auto a, auto b) { return a - b; });
  bind_reversed(type, "__rmul__", [](auto a, auto b) { return a * b; });
  bind_reversed(type, "__rtruediv__", [](auto a, auto b) { return a / b; });
  type.def(
      "__rpow__",
      [](const PyVar& b, nb::handle a) {
        return b.with(pow(to_var(a, b, "the other operand"), b.var));
      },
      nb::is_operator());
  type.def(
      "__matmul__",
      [](const PyVar& a, nb::handle b) {
        return a.with(matmul(a.var, to_var(b, a, "the other operand")));
      },
      nb::is_operator());
  type.def(
      "__rmatmul__",
      [](const PyVar& b, nb::handle a) {
        return b.with(matmul(to_var(a, b, "the other operand"), b.var));
      },
      nb::is_operator());
  type.def("__neg__", [](const PyVar& x) { return x.with(-x.var); });
  type.def("__abs__", [](const PyVar& x) { return x.with(abs(x.var)); });
  bind_operator(type, "__gt__", [](auto a, auto b) { return greater(a, b); });
  bind_operator(type, "__ge__", [](auto a, auto b) { return greater_equal(a, b); });
  bind_operator(type, "__lt__", [](auto a, auto b) { return less(a, b); });
  bind_operator(type, "__le__", [](auto a, auto b) { return less_equal(a, b); });
}

void bind_parts(nb::class_<PyVar>& type) {
  type.def("__getitem__", &item, "A part of x: whole numbers, slices, None and ..., as in NumPy.");
  type.def("__len__", [](const PyVar& x) {
    if (x.var.rank() == 0) throw nb::type_error("a Var without axes has no length");
    return x.var.shape()[0];
  });
  type.def(
      "reshape",
      [](const PyVar& x, nb::args lengths) {
        const bool one = lengths.size() == 1;
        return x.with(reshape(x.var, to_shape(one ? nb::handle(lengths[0]) : lengths)));
      },
      "The same numbers in the same order under another shape.");
  type.def(
      "transpose",
      [](const PyVar& x, nb::args axes) {
        std::vector<int> order = to_axes(axes.size() == 1 ? nb::handle(axes[0]) : axes);
        if (axes.size() == 0) {
          for (int i = x.var.rank(); i-- > 0;) order.push_back(i);
        }
        return x.with(permute(x.var, order));
      },
      "Axis i of the result is axis axes[i] of x; without axes, their order is reversed.");
  type.def_prop_ro("T", [](const PyVar& x) {
    std::vector<int> order;
    for (int i = x.var.rank(); i-- > 0;) order.push_back(i);
    return x.with(permute(x.var, order));
  });
  type.def(
      "sum",
      [](const PyVar& x, nb::handle axis, bool keepdims) {
        return x.with(sum(x.var, to_axes(axis), keepdims));
      },
      nb::arg("axis") = nb::none(), nb::arg("keepdims") = false, "The sum along axes, or of all.");
  type.def(
      "mean",
      [](const PyVar& x, nb::handle axis, bool keepdims) {
        return x.with(mean(x.var, to_axes(axis), keepdims));
      },
      nb::arg("axis") = nb::none(), nb::arg("keepdims") = false, "The mean along axes, or of all.");
  type.def(
      "max",
      [](const PyVar& x, nb::handle axis, bool keepdims) {
        return x.with(max(x.var, to_axes(axis), keepdims));
      },
      nb::arg("axis") = nb::none(), nb::arg("keepdims") = false,
      "The largest number along axes, or of all.");
}

void bind_numbers(nb::class_<PyVar>& type) {
  type.def_prop_ro(
      "shape", [](const PyVar& x) { return to_tuple(x.var.shape()); }, "The lengths of the axes.");
  type.def_prop_ro(
      "ndim", [](const PyVar& x) { return x.var.rank(); }, "The number of axes.");
  type.def_prop_ro(
      "size", [](const PyVar& x) { return x.var.shape().size(); }, "The number of elements.");
  type.def_prop_ro(
      "dtype",
      [](const PyVar& x) {
        return nb::module_::import_("numpy").attr("dtype")(numpy_name(x.var.dtype()));
      },
      "numpy.float32 or numpy.float64.");
  type.def(
      "numpy", [](const PyVar& x) { return copy_to_numpy(value_of(x)); },
      "The numbers, computed now if they are not yet known: a NumPy array of its own.");
  type.def(
      "__array__",
      [](const PyVar& x, nb::handle dtype, nb::handle) -> nb::object {
        nb::object numbers = copy_to_numpy(value_of(x));
        return dtype.is_none() ? numbers : numbers.attr("astype")(dtype);
      },
      nb::arg("dtype") = nb::none(), nb::arg("copy") = nb::none());
  type.def(
      "item", [](const PyVar& x) { return value_of(x).item(); }, "The only element as a number.");
  type.def("__float__", [](const PyVar& x) { return value_of(x).item(); });
  type.def("__bool__", [](const PyVar& x) { return value_of(x).item() != 0.0; });
  type.def("__repr__", [](const PyVar& x) {
    return "Var(shape=" + x.var.shape().str() + ", dtype=" + numpy_name(x.var.dtype()) + ")";
  });
}

}  // namespace

std::vector<PyVar> PyVar::with(const std::vector<Var>& others) const {
  std::vector<PyVar> all;
  for (const Var other : others) all.push_back(with(other));
  return all;
}

Var to_var(nb::handle value, const PyVar& like, const char* what) {
  if (nb::isinstance<PyVar>(value)) return nb::cast<const PyVar&>(value).var;
  return like.var.tape().constant(to_array_of(value, what, like.var.dtype()));
}

std::vector<Var> to_vars(nb::handle values, const char* what, PyVar& home) {
  if (!PySequence_Check(values.ptr()) || nb::isinstance<PyVar>(values)) {
    const std::string text = std::string(what) + " must be a list or tuple";
    throw nb::type_error(text.c_str());
  }
  bool found = false;
  for (const nb::handle value : values) {
    if (found || !nb::isinstance<PyVar>(value)) continue;
    home = nb::cast<const PyVar&>(value);
    found = true;
  }
  if (!found) {
    const std::string text = std::string(what) + " has no Var in it";
    throw nb::type_error(text.c_str());
  }
  std::vector<Var> vars;
  for (const nb::handle value : values) vars.push_back(to_var(value, home, what));
  return vars;
}

void bind_var(nb::module_& module) {
  nb::class_<PyVar> type(module, "Var",
                         "A recorded value: an array that is computed when its numbers are asked "
                         "for. Operators record; they compute nothing.");
  type.attr("__array_ufunc__") = nb::none();  // NumPy leaves `array + var` to Var
  type.attr("__hash__") = nb::none();
  bind_arithmetic(type);
  bind_parts(type);
  bind_numbers(type);

  nb::class_<OwnTape>(module, "Tape", "A list of recorded calls. Most programs use grad instead.")
      .def(nb::init<int>(), nb::arg("threads") = 1)
      .def(
          "variable",
          [](std::shared_ptr<OwnTape> home, nb::handle array, const std::string& name) {
            return PyVar{home->tape.variable(to_array(array, "array"), name), home};
          },
          nb::arg("array"), nb::arg("name") = "",
          "A leaf with numbers. Arrays of float32 and float64 are shared, not copied.")
      .def("__len__", [](const OwnTape& home) { return home.tape.size(); });

  module.def(
      "constant_beside",
      [](const PyVar& x, nb::handle array) {
        return x.with(x.var.tape().constant(to_array(array, "array")));
      },
      nb::arg("x"), nb::arg("array"), "An array as a constant on the tape of x.");
  const auto to_list = [](nb::handle xs) {
    PyVar home;
    return to_vars(xs, "xs", home);
  };
  module.def(
      "record_grad",
      [to_list](const PyVar& y, nb::handle xs) { return y.with(grad(y.var, to_list(xs))); },
      nb::arg("y"), nb::arg("xs"),
      "The gradients of y, which has one element, with respect to each of xs.");
  module.def(
      "record_vjp",
      [to_list](const PyVar& y, nb::handle xs, nb::handle ybar) {
        return y.with(vjp(y.var, to_list(xs), to_var(ybar, y, "ybar")));
      },
      nb::arg("y"), nb::arg("xs"), nb::arg("ybar"),
      "ybar^T dy/dx for each of xs; ybar has the shape of y.");
  module.def(
      "record_jvp",
      [to_list](const PyVar& y, nb::handle xs, nb::handle us) {
        const std::vector<Var> points = to_list(xs);
        std::vector<Var> directions;
        size_t i = 0;
        for (const nb::handle u : us) {
          const PyVar like = y.with(points[i < points.size() ? i : points.size() - 1]);
          directions.push_back(to_var(u, like, "us"));
          ++i;
        }
        return y.with(jvp(y.var, points, directions));
      },
      nb::arg("y"), nb::arg("xs"), nb::arg("us"),
      "The derivative of y along the directions us, one for each of xs.");
}

}  // namespace autonet::python
