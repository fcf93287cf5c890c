#include <nanobind/nanobind.h>

#include "autonet/autograd/error.h"
#include "python/bindings/checks.h"
#include "python/bindings/functions.h"
#include "python/bindings/models.h"
#include "python/bindings/var.h"

NB_MODULE(_core, module) {
  namespace python = autonet::python;
  module.doc() = "The part of autonet that is written in C++.";
  const auto error = nanobind::exception<autonet::Error>(module, "Error");
  nanobind::exception<autonet::ModelError>(module, "ModelError", error);
  nanobind::exception<autonet::DataError>(module, "DataError", error);
  python::bind_var(module);
  python::bind_functions(module);
  python::bind_models(module);
  python::bind_checks(module);
}
