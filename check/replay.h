#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
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
  std::vector<bool> reached;  // input k depends on a point and has a derivative: its rule is used
  bool carries = false;       // some input is reached
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
  /// Numbers of some entries of a tape, by their numbers.
  using Values = std::unordered_map<Index, Array>;
  /// `points` are placeholders of one tape, `outputs` any values on it. Entries that `known` has
  /// are not computed again. Everything is computed in f64, also what was recorded in f32. Throws
  /// Error if it would take more than half of kMostGiB.
  Replay(Context& context, std::span<const Var> points, std::span<const Var> outputs,
         const Values& known = {});

  /// The number of points.
  size_t points() const { return points_.size(); }
  /// The caller writes point i here. Contiguous.
  Array& point(size_t i) { return points_[i]; }
  const Array& output(size_t i) const { return outputs_[i]; }
  std::span<const Array> outputs() const { return outputs_; }
  std::span<const ReplayCall> calls() const { return calls_; }

  /// Computes everything.
  void run();
  /// Computes everything except the choices, with `forward` in place of each op's own forward code.
  /// `call` is the number of the call.
  using Forward = std::function<void(Context&, size_t call, Array& y)>;
  void run_by(const Forward& forward);

  /// A fingerprint of all choices of all calls.
  std::uint64_t choices() const;

  /// The number of the call that makes output 0, -1 if none does.
  int output_call() const { return output_call_; }
  /// The point that is output 0, -1 if none is.
  int output_point() const { return output_point_; }

 private:
  void compute(ReplayCall& call);

  Context& context_;
  std::vector<Array> points_;
  std::vector<ReplayCall> calls_;
  std::vector<Array> outputs_;
  int output_call_ = -1;   // the call that makes output 0, if any
  int output_point_ = -1;  // else the point that is output 0, if any
};

/// Throws Error if that many replays of these outputs would keep more memory than kMostGiB.
void require_room(std::span<const Var> outputs, int replays);

/// The name of a call in reports: "conv2d of conv_1".
std::string name_of_call(const ReplayCall& call);

}  // namespace autonet::internal
