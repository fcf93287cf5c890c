#pragma once

#include "autograd/array.h"

namespace autonet {

class Tape;

/// A recorded value: the number of a call or leaf on a tape. A small handle, copied freely; it must
/// not outlive its Tape.
class Var {
 public:
  /// No value; `valid()` is false.
  Var() = default;
  Var(Tape* tape, Index id) : tape_(tape), id_(id) {}

  bool valid() const { return tape_ != nullptr; }
  /// The tape and the position on it; throws Error if not valid().
  Tape& tape() const;
  Index id() const { return id_; }

  const ArrayType& type() const;
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }
  int rank() const { return shape().rank(); }

  /// The numbers, computed now if they are not yet known; see Tape::value.
  Array value() const;
  /// The only element, as a double.
  double item() const;

 private:
  Tape* tape_ = nullptr;
  Index id_ = 0;
};

}  // namespace autonet
