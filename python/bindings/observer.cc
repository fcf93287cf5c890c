#include "python/bindings/observer.h"

#include <utility>

namespace autonet::python {

nb::dict to_dict(const Metrics& metrics, bool classes) {
  nb::dict result;
  result["loss"] = metrics.loss;
  if (classes) {
    result["accuracy"] = metrics.accuracy;
  } else {
    result["rmse"] = metrics.rmse;
  }
  return result;
}

nb::dict to_dict(const EpochReport& report, bool classes) {
  nb::dict result;
  result["epoch"] = report.epoch;
  result["epochs"] = report.epochs;
  result["train"] = to_dict(report.train, classes);
  if (report.validation) result["validation"] = to_dict(*report.validation, classes);
  result["learning_rate"] = report.learning_rate;
  result["seconds"] = report.seconds;
  result["best"] = report.best;
  return result;
}

void PyObserver::keep(nb::python_error&& error) {
  stop_ = true;
  if (!error_) error_.emplace(std::move(error));
}

void PyObserver::on_batch(Index, Index, Index, double) {
  const nb::gil_scoped_acquire gil;
  if (PyErr_CheckSignals() == 0) return;
  keep(nb::python_error());
}

void PyObserver::on_epoch(const EpochReport& report) {
  const nb::gil_scoped_acquire gil;
  if (on_epoch_.is_none()) return;
  try {
    on_epoch_(to_dict(report, classes_));
  } catch (nb::python_error& error) {
    keep(std::move(error));
  }
}

void PyObserver::rethrow() {
  if (!error_) return;
  nb::python_error error = std::move(*error_);
  error_.reset();
  throw error;
}

}  // namespace autonet::python
