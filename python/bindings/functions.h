#pragma once

#include <nanobind/nanobind.h>

namespace autonet::python {

/// Adds the recorded functions (exp, sum, conv2d, …) to the module.
void bind_functions(nanobind::module_& module);

}  // namespace autonet::python
