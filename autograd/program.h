#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "autograd/op.h"
#include "autograd/var.h"

namespace autonet {

/// One call of a planned program.
struct Step {
  std::shared_ptr<const Op> op;
  std::vector<Array> inputs;
  Array output;
  std::string label;  // "conv2d [100,16,16,16]"
  double multiply_adds = 0.0;
};

/// A recorded computation, planned once and run many times.
///
/// Planning drops the calls that the outputs do not need, turns flips, swaps and reshapes into
/// views, and gives every other value a place in one arena, reused as soon as its last reader is
/// done. Running calls the routines in order and allocates nothing.
///
/// Leaves with numbers (parameters, constants) are read from their arrays at each run, so writing
/// to a parameter in place is seen by the next one. The program holds what it needs of the tape,
/// which may go. Used by one thread at a time; `context` must outlive it.
class Program {
 public:
  /// `inputs` are placeholders of one tape, `outputs` any values on it. Throws Error if an output
  /// needs a placeholder that is not among the inputs. With `lender`, the arena of another program
  /// is used where it is large enough; then running one spoils the outputs of the other.
  Program(Context& context, std::span<const Var> inputs, std::span<const Var> outputs,
          const Program* lender = nullptr);

  /// Where the caller writes input i before run(); zeros until then. Contiguous.
  Array& input(size_t i) { return inputs_.at(i); }
  /// Output i after run(); it may be a strided view. Overwritten by the next run.
  const Array& output(size_t i) const { return outputs_.at(i); }
  size_t output_count() const { return outputs_.size(); }

  void run();

  std::span<const Step> steps() const { return steps_; }
  /// Bytes of the arena: what is computed between inputs and outputs.
  std::size_t arena_bytes() const { return arena_bytes_; }
  double multiply_adds() const;

 private:
  struct Plan;

  Context& context_;
  std::vector<Array> inputs_;
  std::vector<Array> outputs_;
  std::vector<Step> steps_;
  std::size_t arena_bytes_ = 0;
  std::size_t arena_capacity_ = 0;
  std::shared_ptr<void> arena_;
};

}  // namespace autonet
