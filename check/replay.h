#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "autograd/array.h"
#include "autograd/context.h"
#include "autograd/op.h"
#include "autograd/var.h"

namespace autonet {

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
  bool is_view = false;       // the output is its input, seen otherwise
  std::vector<bool> moves;    // does it depend on point k at all?
  std::vector<bool> carries;  // … through inputs that have a derivative?
  bool matters = false;       // do the outputs depend on it through such inputs?
  std::uint64_t choices = 0;  // at the last run: see Op::choices
};

/// A recorded computation of which every value is kept, unlike a Program's, so that after one point
/// has moved only what depends on it is computed again, and every call can be looked at.
///
/// Used by one thread at a time; the context must outlive it, the tape may go.
class Replay {
 public:
  /// `points` are placeholders of one tape, of any dtype; `outputs` any values on it.
  Replay(Context& context, std::span<const Var> points, std::span<const Var> outputs);

  /// Where the caller writes point i. Contiguous.
  Array& point(size_t i) { return points_[i]; }
  const Array& output(size_t i) const { return outputs_[i]; }
  std::span<const ReplayCall> calls() const { return calls_; }
  /// Does that input of the call depend on a point through derivatives, so that its rule is used?
  bool reached(const ReplayCall& call, size_t input) const;

  /// Computes everything.
  void run();
  /// Computes what depends on point i, all else being as after the last run.
  void run_after_moving(size_t i);
  /// Computes everything but the choices, by `forward`, told the number of the call, in the place
  /// of each op's own.
  using Forward = std::function<void(Context&, size_t call, Array& y)>;
  void run_by(const Forward& forward);

  /// A fingerprint of all choices of all calls.
  std::uint64_t choices() const;
  /// Multiply-adds of run_after_moving(i).
  double work_after_moving(size_t i) const;
  /// Calls of run_after_moving(i).
  Index calls_after_moving(size_t i) const;

  /// How output 0 changes along us, a direction for each point (without data: it stands still), at
  /// the last run's numbers, by the complex step of every call on the way: through the forward code
  /// alone, no rule, no step size. std::nullopt if an op on the way has none, named in `without`.
  std::optional<Array> tangent(std::span<const Array> us, std::string& without) const;
  /// The same with point i moving alone.
  std::optional<Array> tangent(size_t i, const Array& u, std::string& without) const;

 private:
  void compute(ReplayCall& call);

  Context& context_;
  std::vector<Array> points_;
  std::vector<ReplayCall> calls_;
  std::vector<Array> outputs_;
  int output_call_ = -1;   // that makes output 0
  int output_point_ = -1;  // or the point that it is
};

/// Throws Error if so many replays of these outputs would keep more than a machine is likely to
/// have, before any work is done. One replay alone may keep half of that.
void require_room(std::span<const Var> outputs, int replays);

/// "conv2d of conv_1": how reports call a call.
std::string name_of_call(const ReplayCall& call);

/// <a, b>, in f64.
double inner_product(const Array& a, const Array& b);
/// The Euclidean norm.
double norm(const Array& a);

}  // namespace autonet
