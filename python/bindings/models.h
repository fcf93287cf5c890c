#pragma once

#include <nanobind/nanobind.h>

namespace autonet::python {

/// Adds Model, Trained, Predictor, Prediction, load_trained and load_data to the module.
void bind_models(nanobind::module_& module);

}  // namespace autonet::python
