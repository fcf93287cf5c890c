#include "python/bindings/checks.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "autonet/check/check_grad.h"
#include "autonet/check/check_gradient.h"
#include "autonet/train/check_model.h"
#include "autonet/train/fit.h"
#include "python/bindings/arrays.h"
#include "python/bindings/var.h"

namespace autonet::python {
namespace {

std::vector<Array> to_points(nb::handle values) {
  std::vector<Array> points;
  for (const nb::handle value : values) points.push_back(to_array_of(value, "x0", DType::f64));
  return points;
}

/// The points as NumPy arrays that the function may keep or change.
nb::tuple to_arguments(std::span<const Array> xs) {
  nb::list arguments;
  for (const Array& x : xs) arguments.append(copy_to_numpy(x));
  return nb::tuple(arguments);
}

std::vector<Array> to_gradients(nb::handle values) {
  std::vector<Array> gradients;
  for (const nb::handle value : values) {
    // Copies: the function may give the same memory each time.
    gradients.push_back(to_array_of(value, "a gradient", DType::f64).clone());
  }
  return gradients;
}

/// Reports as text: Ctrl-C is noticed whenever the check calls Python.
CheckReport check_any_gradient(const nb::callable& f, const nb::callable& gradient, nb::handle x0,
                               bool layer, CheckGradientOptions options) {
  const std::vector<Array> points = to_points(x0);
  if (layer) {
    const LayerForward forward = [&f](std::span<const Array> xs) {
      const nb::object y = f(*to_arguments(xs));
      return to_array_of(y, "the result of f", DType::f64).clone();
    };
    const LayerBackward backward = [&gradient](std::span<const Array> xs, const Array& ybar) {
      return to_gradients(gradient(*to_arguments(xs), copy_to_numpy(ybar)));
    };
    return check_gradient(forward, backward, points, options);
  }
  const ScalarFunction value = [&f](std::span<const Array> xs) {
    return to_array_of(f(*to_arguments(xs)), "the result of f", DType::f64).item();
  };
  const GradientFunction slopes = [&gradient](std::span<const Array> xs) {
    return to_gradients(gradient(*to_arguments(xs)));
  };
  return check_gradient(value, slopes, points, options);
}

CheckReport check_recorded(const nb::callable& f, nb::handle x0, CheckGradOptions options,
                           std::vector<std::string> names) {
  const std::vector<Array> points = to_points(x0);
  if (names.empty()) {
    for (size_t i = 0; i < points.size(); ++i) {
      names.push_back(points.size() == 1 ? "x" : "x" + std::to_string(i));
    }
  }
  const Recording recording = [&f](Tape&, std::span<const Var> xs) {
    nb::list arguments;
    for (const Var x : xs) arguments.append(PyVar{x});
    const nb::object y = f(*nb::tuple(arguments));
    if (!nb::isinstance<PyVar>(y)) {
      throw nb::type_error("f must return a Var computed from its arguments");
    }
    return nb::cast<const PyVar&>(y).var;
  };
  return check_grad(recording, points, names, options);
}

CheckReport check_model(const Model& model, std::optional<Trained> trained, int order,
                        std::uint64_t seed, Index batch, Index burn_in) {
  const nb::gil_scoped_release release;
  Context context(1);
  const Weights* weights = trained ? &trained->weights : nullptr;
  const ModelUnderCheck subject = model_under_check(
      model, context, {.seed = seed, .batch = batch, .weights = weights, .burn_in = burn_in});
  CheckGradOptions options;
  options.seed = seed;
  options.order = order;
  options.uses = subject.uses;
  options.max_elements = 200;
  options.context = &context;
  return check_grad(subject.loss, subject.points, subject.names, options);
}

nb::dict to_dict(const TensorCheck& tensor) {
  nb::dict row;
  row["name"] = tensor.name;
  row["shape"] = to_tuple(tensor.shape);
  row["verdict"] = name_of(tensor.verdict);
  row["checked"] = tensor.checked;
  row["total"] = tensor.total;
  row["worst_relative"] = tensor.worst_relative;
  row["taylor_order"] = tensor.taylor_order;
  row["diagnosis"] = tensor.diagnosis;
  return row;
}

}  // namespace

void bind_checks(nb::module_& m) {
  nb::class_<CheckReport>(m, "CheckReport",
                          "The result of a check. True if it passed; str() is the report as text.")
      .def_prop_ro("passed", &CheckReport::passed, "True if the verdict is PASSED.")
      .def_prop_ro(
          "verdict", [](const CheckReport& report) { return name_of(report.verdict); },
          "\"PASSED\", \"FAILED\" or \"INCONCLUSIVE\".")
      .def_prop_ro(
          "findings", [](const CheckReport& report) { return findings(report); },
          "What is wrong or was not compared, the most telling first.")
      .def_prop_ro(
          "tensors",
          [](const CheckReport& report) {
            nb::list rows;
            for (const TensorCheck& tensor : report.tensors) rows.append(to_dict(tensor));
            return rows;
          },
          "A dictionary for each array that was checked.")
      .def("__bool__", &CheckReport::passed)
      .def("__str__", [](const CheckReport& report) { return to_text(report); })
      .def("__repr__", [](const CheckReport& report) {
        return std::string("<CheckReport: ") + name_of(report.verdict) + ">";
      });
  m.def(
      "check_gradient_of",
      [](const nb::callable& f, const nb::callable& gradient, nb::handle x0, bool layer,
         std::vector<std::string> names, std::uint64_t seed, double rtol, double atol,
         Index max_elements, Index batch) {
        CheckGradientOptions options;
        options.names = std::move(names);
        options.seed = seed;
        options.rtol = rtol;
        options.atol = atol;
        options.max_elements = max_elements;
        options.batch = batch;
        return check_any_gradient(f, gradient, x0, layer, std::move(options));
      },
      nb::arg("f"), nb::arg("gradient"), nb::arg("x0"), nb::arg("layer"), nb::arg("names"),
      nb::arg("seed"), nb::arg("rtol"), nb::arg("atol"), nb::arg("max_elements"), nb::arg("batch"),
      "See autonet.check_gradient.");
  m.def(
      "check_grad_of",
      [](const nb::callable& f, nb::handle x0, int order, std::uint64_t seed,
         std::vector<std::string> names) {
        CheckGradOptions options;
        options.order = order;
        options.seed = seed;
        return check_recorded(f, x0, std::move(options), std::move(names));
      },
      nb::arg("f"), nb::arg("x0"), nb::arg("order"), nb::arg("seed"), nb::arg("names"),
      "See autonet.check_grad.");
  m.def("check_model", &check_model, nb::arg("model"), nb::arg("trained") = nb::none(),
        nb::kw_only(), nb::arg("order") = 1, nb::arg("seed") = 1, nb::arg("batch") = 3,
        nb::arg("burn_in") = 0,
        "Checks the gradients of a model's training loss, at its initial or its trained weights.");
}

}  // namespace autonet::python
