#pragma once

#include <nanobind/nanobind.h>

namespace autonet::python {

/// Adds CheckReport and the functions that check gradients to the module.
void bind_checks(nanobind::module_& module);

}  // namespace autonet::python
