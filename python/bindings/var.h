#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <utility>
#include <vector>

#include "autonet/autograd/context.h"
#include "autonet/autograd/tape.h"
#include "autonet/autograd/var.h"

namespace autonet::python {

namespace nb = nanobind;

/// A tape of Python's own, with the threads that compute its values.
struct OwnTape {
  /// Computes on `threads` threads.
  explicit OwnTape(int threads) : context(threads), tape(context) {}

  Context context;
  Tape tape;
};

/// A recorded value as Python holds it: it keeps its tape alive, unless a check lent the tape.
struct PyVar {
  Var var;
  std::shared_ptr<OwnTape> home = {};

  /// A value on the same tape.
  PyVar with(Var other) const { return {other, home}; }
  /// Values on the same tape.
  std::vector<PyVar> with(const std::vector<Var>& others) const;
};

/// The Var meant by a recorded value, or a constant on the tape of `like`, of its dtype, made of a
/// number or an array. Throws TypeError for what is neither.
Var to_var(nb::handle value, const PyVar& like, const char* what);

/// The recorded values in a sequence, of which at least one must be a Var; numbers and arrays
/// beside it become constants. `home` becomes the tape that they share.
std::vector<Var> to_vars(nb::handle values, const char* what, PyVar& home);

/// Adds the classes Tape and Var to the module.
void bind_var(nb::module_& module);

}  // namespace autonet::python
