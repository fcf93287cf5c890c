#pragma once

#include <cstdint>

#include "autonet/autograd/array.h"
#include "autonet/autograd/tape_place.h"

namespace autonet {

/// A recorded value: the number of a call or leaf on a tape.
///
/// A small handle, copied freely; it owns nothing. It stays valid when its Tape is moved. Once the
/// tape is destroyed, every function but valid() and id() throws Error. It is used by the thread
/// that uses its tape.
class Var {
 public:
  /// No value: valid() is false, and every other function but id() throws Error.
  Var() = default;

  /// False for a Var that was default-constructed.
  bool valid() const { return place_ != nullptr; }
  /// The tape it is recorded on.
  Tape& tape() const {
    Tape* const tape = where().tape();
    if (tape == nullptr) throw_without_tape();
    return *tape;
  }
  /// The position on the tape.
  Index id() const { return id_; }

  /// Shape and dtype.
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
  friend class Tape;

  Var(internal::TapeTurn where, std::uint32_t id)
      : place_(where.place), turn_(where.turn), id_(id) {}

  internal::TapeTurn where() const { return {place_, turn_}; }
  [[noreturn]] void throw_without_tape() const;

  const internal::TapePlace* place_ = nullptr;  // the parts of a TapeTurn, so that a Var is small
  std::uint32_t turn_ = 0;
  std::uint32_t id_ = 0;
};

/// Prints the numbers, computed now if they are not yet known, as Array::str().
std::ostream& operator<<(std::ostream& out, const Var& var);

}  // namespace autonet
