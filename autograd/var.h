#pragma once

#include "autonet/autograd/array.h"

namespace autonet {

class Tape;

/// A recorded value: the number of a call or leaf on a tape. A small handle, copied freely; it must
/// not outlive its Tape.
class Var {
 public:
  /// No value: valid() is false, and every other function but id() throws Error.
  Var() = default;
  /// Entry `id` of a tape; Tape::var gives the same.
  Var(Tape* tape, Index id) : tape_(tape), id_(id) {}

  /// False for a Var that was default-constructed.
  bool valid() const { return tape_ != nullptr; }
  /// The tape it is recorded on.
  Tape& tape() const;
  /// The position on the tape.
  Index id() const { return id_; }

  /// Shape and dtype. Throws Error if the tape has no such entry.
  const ArrayType& type() const;
  /// Lengths of the axes.
  const Shape& shape() const { return type().shape; }
  /// Type of the numbers.
  DType dtype() const { return type().dtype; }
  /// Number of axes.
  int rank() const { return shape().rank(); }

  /// The numbers, computed now if they are not yet known; see Tape::value.
  Array value() const;
  /// The only element, as a double. Throws Error if there are more, or none.
  double item() const;

 private:
  Tape* tape_ = nullptr;
  Index id_ = 0;
};

/// Prints the numbers, computed now if they are not yet known, as Array::str().
std::ostream& operator<<(std::ostream& out, const Var& var);

}  // namespace autonet
