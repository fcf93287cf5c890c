#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <optional>

#include "autonet/train/fit.h"
#include "autonet/train/fit_observer.h"

namespace autonet::python {

namespace nb = nanobind;

/// What an epoch of a model gave, as a dictionary.
nb::dict to_dict(const EpochReport& report, bool classes);
/// Loss and accuracy, or the root mean squared error, as a dictionary.
nb::dict to_dict(const Metrics& metrics, bool classes);

/// Follows a run that was started from Python: calls a function after each epoch, and stops the run
/// when that raises an exception or Ctrl-C is pressed. The run then ends as Ctrl-C ends it in the
/// program: with a checkpoint, if it has one. fit() is called without Python's lock.
class PyObserver : public FitObserver {
 public:
  /// `on_epoch` may be None; `classes` is true for a model that has some.
  PyObserver(nb::object on_epoch, bool classes)
      : on_epoch_(std::move(on_epoch)), classes_(classes) {}

  void on_batch(Index epoch, Index batch, Index batches, double loss) override;
  void on_epoch(const EpochReport& report) override;

  /// Set when the run should stop: for FitOptions::stop.
  const std::atomic<bool>& stop() const { return stop_; }
  /// Raises the exception that stopped the run, if one did. Needs Python's lock.
  void rethrow();

 private:
  void keep(nb::python_error&& error);

  nb::object on_epoch_;
  bool classes_;
  std::atomic<bool> stop_ = false;
  std::optional<nb::python_error> error_ = {};
};

}  // namespace autonet::python
