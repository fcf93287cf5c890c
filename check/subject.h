#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/autograd/tape.h"
#include "autonet/check/recording.h"
#include "check/replay.h"

namespace autonet::internal {

/// What is to be checked: a recording, the points at which it is checked, and their names. Refers
/// to what it was made from.
struct Computation {
  const Recording& record;
  std::span<const Array> points;
  std::span<const std::string> names;

  /// Throws Error unless all points are f64 and each has a name of its own.
  void require_points() const;
  /// A placeholder on the tape for each point.
  std::vector<Var> placeholders(Tape& tape, DType dtype = DType::f64) const;
};

/// A recorded scalar y, its points, and its gradient by the rules.
struct Subject {
  /// Records the computation; a y that is not a scalar is multiplied by a random cotangent and
  /// summed. At order 2, y is <c, gradient> for c = cotangents.
  Subject(const Computation& computation, std::uint64_t seed, int order, Context& context);

  size_t size() const { return names.size(); }
  /// Every point moved by h us, and everything computed again. With h = 0: back at the start.
  void move(std::span<const Array> us, double h);
  /// The numbers of recorded values of this tape, at the start.
  std::vector<Array> evaluate(std::span<const Var> outputs);
  /// The numbers of the gradient, one array for each point.
  const std::vector<Array>& gradient();

  Context& context;
  Tape tape;
  std::vector<Array> points;  // where the gradient is checked
  std::vector<std::string> names;
  std::vector<Var> xs;
  Var y;
  std::vector<Array> cotangents;    // at order 2: a direction of each point, of length about 1
  std::vector<Var> gradient_calls;  // one for each point
  std::optional<Replay> replay;     // every value of y's computation, with the points at the start
  double center = 0.0;              // y at the start

 private:
  std::vector<Array> gradient_;
};

}  // namespace autonet::internal
