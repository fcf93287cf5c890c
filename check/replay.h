#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/autograd/op.h"
#include "autonet/autograd/var.h"

namespace autonet::internal {

/// A recorded call with its numbers.
struct ReplayCall {
  Index id = 0;  // on the tape
  std::shared_ptr<const Op> op;
  std::string label;        // the layer that it is part of
  bool of_rule = false;     // recorded by a rule
  std::vector<int> makers;  // the call that made input k, -1 for leaves
  std::vector<int> points;  // the point that is input k, -1 if none
  std::vector<Array> inputs;
  Array output;
  bool is_view = false;       // the output is a view of the input
  std::vector<bool> moves;    // depends on point k
  std::vector<bool> carries;  // depends on point k through inputs that have a derivative
  bool matters = false;       // the outputs depend on it through such inputs
  std::uint64_t choices = 0;  // at the last run: see Op::choices

  double multiply_adds() const;
};

/// A recorded computation that keeps every value, unlike a Program. So after one point has moved,
/// only what depends on it is computed again, and every call can be examined.
///
/// Used by one thread at a time. The context must outlive it; the tape need not.
class Replay {
 public:
  /// `points` are placeholders of one tape, of any dtype; `outputs` any values on it.
  Replay(Context& context, std::span<const Var> points, std::span<const Var> outputs);

  /// The caller writes point i here. Contiguous.
  Array& point(size_t i) { return points_[i]; }
  const Array& output(size_t i) const { return outputs_[i]; }
  std::span<const ReplayCall> calls() const { return calls_; }
  /// True if that input of the call depends on a point through inputs with a derivative, so that
  /// its rule is used.
  bool reached(const ReplayCall& call, size_t input) const;

  /// Computes everything.
  void run();
  /// Computes what depends on point i; everything else is as after the last run.
  void run_after_moving(size_t i);
  /// Computes everything except the choices, with `forward` in place of each op's own forward code.
  /// `call` is the number of the call.
  using Forward = std::function<void(Context&, size_t call, Array& y)>;
  void run_by(const Forward& forward);

  /// A fingerprint of all choices of all calls.
  std::uint64_t choices() const;
  /// The cost of run_after_moving(i), in multiply-adds.
  double work_after_moving(size_t i) const;

  /// The derivative of output 0 along us, one direction for each point (one without data is zero),
  /// at the last run's numbers. It comes from the complex step of every call on the way, so only
  /// from forward code: no rule, no step size. std::nullopt if an op on the way has no complex
  /// step; `without` then names it.
  std::optional<Array> tangent(std::span<const Array> us, std::string& without) const;
  /// The same along a direction of point i alone.
  std::optional<Array> tangent(size_t i, const Array& u, std::string& without) const;

 private:
  void compute(ReplayCall& call);

  Context& context_;
  std::vector<Array> points_;
  std::vector<ReplayCall> calls_;
  std::vector<Array> outputs_;
  int output_call_ = -1;   // the call that makes output 0, if any
  int output_point_ = -1;  // else the point that is output 0, if any
};

/// Throws Error if that many replays of these outputs would keep more memory than a machine is
/// likely to have. One replay alone may keep half of that.
void require_room(std::span<const Var> outputs, int replays);

/// The name of a call in reports: "conv2d of conv_1".
std::string name_of_call(const ReplayCall& call);

}  // namespace autonet::internal
