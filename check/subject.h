#pragma once

#include <cstdint>
#include <memory>
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
class Subject {
 public:
  /// Records the computation; a y that is not a scalar is multiplied by a random cotangent and
  /// summed. At order 2, y is <c, gradient> for c = cotangents().
  Subject(const Computation& computation, std::uint64_t seed, int order, Context& context);

  size_t size() const { return names_.size(); }
  const std::string& name(size_t i) const { return names_[i]; }
  std::span<const Array> points() const { return points_; }
  const Array& start(size_t i) const { return points_[i]; }

  Tape& tape() { return tape_; }
  Context& context() { return context_; }
  std::span<const Var> xs() const { return xs_; }
  Var y() const { return y_; }

  /// At order 2: a random direction of each point, of length about 1.
  std::span<const Array> cotangents() const { return cotangents_; }

  /// Every value of y's computation, with the points at start().
  Replay& replay() { return *replay_; }
  /// Every point moved by h us, and everything computed again. With h = 0: back at the start.
  void move(std::span<const Array> us, double h);
  /// y at the start.
  double center() const { return center_; }

  /// The gradient of y by the rules, one array for each point: recorded, and its numbers.
  std::span<const Var> gradient_calls() const { return gradient_calls_; }
  const std::vector<Array>& gradient();
  /// The numbers of recorded values of this tape, at the start.
  std::vector<Array> evaluate(std::span<const Var> outputs);

 private:
  Context& context_;
  Tape tape_;
  std::vector<Array> points_;
  std::vector<std::string> names_;
  std::vector<Var> xs_;
  Var y_;
  std::unique_ptr<Replay> replay_;
  double center_ = 0.0;
  std::vector<Array> cotangents_;
  std::vector<Var> gradient_calls_;
  std::vector<Array> gradient_;
};

}  // namespace autonet::internal
