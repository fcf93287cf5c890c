#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "autograd/array.h"
#include "autograd/context.h"
#include "autograd/tape.h"
#include "check/check_grad.h"
#include "check/replay.h"

namespace autonet {

/// A computation under examination: a recorded scalar y, its points, and its gradient by the rules.
class Subject {
 public:
  /// Records f; a y that is no scalar is contracted with a random cotangent. At order 2 y is <c,
  /// gradient of f> for random c.
  Subject(const Recording& f, std::span<const Array> points, std::span<const std::string> names,
          std::uint64_t seed, int order, Context& context);

  size_t size() const { return names_.size(); }
  const std::string& name(size_t i) const { return names_[i]; }
  std::span<const Array> points() const { return points_; }
  const Array& start(size_t i) const { return points_[i]; }

  Tape& tape() { return tape_; }
  Context& context() { return context_; }
  std::span<const Var> xs() const { return xs_; }
  Var y() const { return y_; }

  /// Every value of y's computation; its points stand at start().
  Replay& replay() { return *replay_; }
  /// Writes start + h u to point i of the replay, which does not run by that.
  void move(size_t i, const Array& u, double h);
  double center() const { return center_; }
  std::uint64_t center_choices() const { return center_choices_; }

  /// The gradient of y by the rules, as recorded, and its numbers, one array a point.
  std::span<const Var> gradient_calls() const { return gradient_calls_; }
  const std::vector<Array>& gradient() const { return gradient_; }
  /// What a recorded gradient (of this tape) says at the start.
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
  std::uint64_t center_choices_ = 0;
  std::vector<Var> gradient_calls_;
  std::vector<Array> gradient_;
};

/// Numbers with mean 0 and standard deviation 1.
Array normal_array(const ArrayType& type, std::uint64_t seed, std::uint64_t stream);

/// r/|r| + gradient/|gradient|, for a random r: the second part makes the slope large, so that a
/// wrong factor shows, while the random one meets every element, so that what the gradient forgets
/// shows too.
Array steep_direction(const Array& r, const Array& gradient);

}  // namespace autonet
