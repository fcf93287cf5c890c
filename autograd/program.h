#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "autonet/autograd/collective.h"
#include "autonet/autograd/fusion.h"
#include "autonet/autograd/op.h"
#include "autonet/autograd/var.h"

namespace autonet {

namespace internal {
class LeafRun;
}

/// A recorded call that a step does, for reports.
struct StepCall {
  Index id = -1;                 ///< its entry on the tape
  std::shared_ptr<const Op> op;  ///< the op that is called
  std::string label;             ///< the layer that it is part of
  std::string rule_of;           ///< the op whose rule recorded it, empty if no rule did
  int rule_of_input = 0;         ///< the input of that op which the rule is for
  bool again = false;            ///< true if it computes a value again for the rules: see Recompute
  ArrayType type;                ///< of its output
  double multiply_adds = 0.0;    ///< Op::multiply_adds
};

/// One step of a planned program: a call, or several done in one pass.
struct Step {
  std::shared_ptr<const Op> op;          ///< null where several calls are joined
  std::shared_ptr<const FusedOp> fused;  ///< the joined calls, else null
  std::vector<Array> inputs;             ///< what it reads
  std::vector<Array> outputs;            ///< what it writes

  // For reports only.
  std::vector<StepCall> calls;           ///< the recorded calls, in their order
  std::vector<std::string> input_names;  ///< of leaves; empty where a step computes the input
  std::vector<int> producers;            ///< the step that computes input i, -1 for leaves
  std::vector<Index> output_ids;         ///< the entry of the tape that output i is
  std::vector<std::size_t> offsets;      ///< of the outputs in the arena, in bytes
  std::string label;                     ///< "conv2d + add + relu [100,16,16,16]"
  double multiply_adds = 0.0;            ///< of all its calls

  std::vector<Index> holders;  ///< the entry whose memory holds input i
  /// Which group of steps it is run with, leaf by leaf; its arrays that exist for one leaf at a
  /// time are then stand-ins without numbers. -1: it is run for all examples.
  int leaf_group = -1;
  /// Bit i is set if output i exists for one leaf at a time only.
  unsigned own_outputs = 0;

  /// Bytes read and written by one run, each array counted once.
  double bytes() const;
  /// Computes the outputs from the inputs. Throws Error for a step that is run leaf by leaf.
  void run(Context& context);
};

/// Choices in the planning of a Program.
struct ProgramOptions {
  /// True to do several calls in one pass where their ops offer it: see Op::fusions.
  bool fuse = true;
  /// Another program whose arena is used where it is large enough. Running one then overwrites the
  /// outputs of the other.
  const class Program* lender = nullptr;
  /// Inputs whose axis 0 counts the examples of a batch, all of one length. Steps that treat
  /// examples one by one, or add up over them, are then run leaf by leaf: all of them for some
  /// examples, whose numbers stay in cache, before the next. The results have the same bits. Throws
  /// Error if the lengths differ.
  std::span<const Var> batch = {};
  /// The processes that run this program together, null for this one alone. Each does a part of the
  /// steps that are run leaf by leaf, and all of the others; the results are the same on all, with
  /// the bits of one process alone. It must outlive the program, and all processes must make and
  /// run the same programs in the same order.
  Collective* collective = nullptr;
};

/// Consecutive examples of a batch.
struct ExampleRange {
  Index first = 0;  ///< the number of the first one
  Index count = 0;  ///< how many
};

/// A recorded computation, planned once and run many times.
///
/// Planning drops the calls that the outputs do not need, turns flips, swaps and reshapes into
/// views, joins calls that one routine does in one pass, and gives every other value a place in one
/// arena, reused as soon as its last reader is done. Running calls the routines in order and
/// allocates nothing.
///
/// Leaves with numbers (parameters, constants) are read from their arrays at each run, so the next
/// run sees what was written to a parameter in place. The program holds what it needs of the tape,
/// which may be destroyed. It can be moved; using one that was moved from throws Error. Used by one
/// thread at a time; `context` must outlive it.
class Program {
 public:
  /// `inputs` are placeholders of one tape, `outputs` any values on it. Throws Error if an output
  /// needs a placeholder that is not among the inputs.
  Program(Context& context, std::span<const Var> inputs, std::span<const Var> outputs,
          const ProgramOptions& options = {});

  /// Where the caller writes input i before run(); zeros until then. Contiguous. To be written to
  /// in place: the program does not see another array that is assigned to it. Throws Error if there
  /// is no input i.
  Array& input(size_t i);
  /// Output i after run(); it may be a strided view. Overwritten by the next run. Throws Error if
  /// there is no output i.
  const Array& output(size_t i) const;
  /// Number of inputs.
  size_t input_count() const { return inputs_.size(); }
  /// The examples of the batch whose entries along axis 0 of input i this process reads: all of
  /// them, or a part if there is a Collective. The others need not be written. Throws Error if
  /// there is no input i.
  ExampleRange examples_read(size_t i) const;

  /// Computes the outputs from the inputs.
  void run();
  /// The same, and adds the seconds that step i took to seconds[i]. Throws Error if there are fewer
  /// seconds than steps.
  void run_timed(std::span<double> seconds);

  /// Makes the context allocate the scratch memory that run() will need, without doing all of its
  /// work. The outputs are meaningless afterwards.
  void rehearse();

  /// The steps in the order of running.
  std::span<Step> steps() { return steps_; }
  /// The same for reading.
  std::span<const Step> steps() const { return steps_; }
  /// Bytes of the memory in which steps run leaf by leaf keep their values.
  std::size_t leaf_bytes() const;
  /// Bytes of the arena, which holds what is computed between inputs and outputs.
  std::size_t arena_bytes() const { return arena_bytes_; }
  /// Bytes of all outputs of steps, as if no two shared a place.
  std::size_t unshared_bytes() const;
  /// Multiply-adds of one run.
  double multiply_adds() const;

 private:
  Context& context() const;
  /// each(first, end) for each step, or the steps of a group, in the order of running.
  template <typename Each>
  void run_steps(Each each);
  void run(bool exchange);
  /// A result of a group that other processes have a part of.
  struct Exchanged {
    int group = -1;    ///< whose result it is
    bool sum = false;  ///< else rows
  };
  void finish(const Exchanged& exchanged);
  void finish_all();

  Context* context_;
  std::vector<Array> inputs_;
  std::vector<Array> outputs_;
  std::vector<Step> steps_;
  std::vector<std::shared_ptr<internal::LeafRun>> leaf_runs_;
  std::vector<ExampleRange> examples_read_;    // of each input
  std::vector<std::vector<Exchanged>> waits_;  // of each step: what it reads
  std::size_t arena_bytes_ = 0;
  std::size_t arena_capacity_ = 0;
  std::shared_ptr<void> arena_;
};

}  // namespace autonet
