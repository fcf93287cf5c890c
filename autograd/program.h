#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "autograd/fusion.h"
#include "autograd/op.h"
#include "autograd/var.h"

namespace autonet {

/// A recorded call that a step does, told for people.
struct StepCall {
  std::shared_ptr<const Op> op;
  std::string label;      // the layer that it is part of
  std::string rule_of;    // the op whose rule recorded it, empty outside of rules
  int rule_of_input = 0;  // and for which of its inputs
  bool again = false;     // computed again for the rules: see Recompute
  ArrayType type;
  double multiply_adds = 0.0;
};

/// One step of a planned program: a call, or several done in one pass.
struct Step {
  std::shared_ptr<const Op> op;          // null where several calls are joined
  std::shared_ptr<const FusedOp> fused;  // those
  std::vector<Array> inputs;
  std::vector<Array> outputs;

  // What follows is for reports, not for running.
  std::vector<StepCall> calls;
  std::vector<std::string> input_names;  // of leaves; empty where a step made the numbers
  std::vector<int> producers;            // the step that made input i, -1 for leaves
  std::vector<std::size_t> offsets;      // of the outputs in the arena, in bytes
  std::string label;                     // "conv2d + add + relu [100,16,16,16]"
  double multiply_adds = 0.0;

  /// Bytes read and written by one run, each array counted once.
  double bytes() const;
  void run(Context& context);
};

struct ProgramOptions {
  /// Patterns of calls that may be done in one pass: fusions() of ops/fusion.h, for all there are.
  std::span<const Fusion> fusions = {};
  /// Another program whose arena is used where it is large enough; then running one spoils the
  /// outputs of the other.
  const class Program* lender = nullptr;
};

/// A recorded computation, planned once and run many times.
///
/// Planning drops the calls that the outputs do not need, turns flips, swaps and reshapes into
/// views, joins calls that one routine does in one pass, and gives every other value a place in one
/// arena, reused as soon as its last reader is done. Running calls the routines in order and
/// allocates nothing.
///
/// Leaves with numbers (parameters, constants) are read from their arrays at each run, so writing
/// to a parameter in place is seen by the next one. The program holds what it needs of the tape,
/// which may go. Used by one thread at a time; `context` must outlive it.
class Program {
 public:
  /// `inputs` are placeholders of one tape, `outputs` any values on it. Throws Error if an output
  /// needs a placeholder that is not among the inputs.
  Program(Context& context, std::span<const Var> inputs, std::span<const Var> outputs,
          const ProgramOptions& options = {});

  /// Where the caller writes input i before run(); zeros until then. Contiguous.
  Array& input(size_t i) { return inputs_.at(i); }
  /// Output i after run(); it may be a strided view. Overwritten by the next run.
  const Array& output(size_t i) const { return outputs_.at(i); }
  size_t input_count() const { return inputs_.size(); }
  size_t output_count() const { return outputs_.size(); }

  void run();
  /// The same, and adds the seconds that each step took to seconds[i]; one for each of steps().
  void run_timed(std::span<double> seconds);

  /// Makes the context take the scratch memory that run() will need, without doing all of its work.
  /// Outputs are nonsense afterwards.
  void rehearse();

  std::span<Step> steps() { return steps_; }
  std::span<const Step> steps() const { return steps_; }
  /// Bytes of the arena: what is computed between inputs and outputs.
  std::size_t arena_bytes() const { return arena_bytes_; }
  /// Bytes of all outputs of steps, as if none shared its place with another.
  std::size_t unshared_bytes() const;
  double multiply_adds() const;

 private:
  Context& context_;
  std::vector<Array> inputs_;
  std::vector<Array> outputs_;
  std::vector<Step> steps_;
  std::size_t arena_bytes_ = 0;
  std::size_t arena_capacity_ = 0;
  std::shared_ptr<void> arena_;
};

}  // namespace autonet
