#pragma once

#include <cstddef>
#include <memory>

#include "autonet/autograd/function_ref.h"
#include "autonet/autograd/shape.h"

namespace autonet {

/// A function of a piece of work and of the worker that does it: task(piece, worker).
using PieceTask = FunctionRef<Index, int>;

/// Where computations run: a fixed number of threads and scratch memory for each of them.
///
/// A Context is passed by reference. Who keeps it, as a Program or a Trainer does, must not outlive
/// it. Constructors and member functions take it first: Program(context, …), step(context, …).
/// Other functions take it after what they compute with, and before their options: fit(model, data,
/// context). Nothing makes a Context unasked but a Tape without one.
///
/// One thread at a time calls a Context; two tapes in two threads use two contexts. There is no
/// global one, and the threads of the host program are not used. Results do not depend on the
/// number of threads: routines divide work by shape alone, and each piece writes its own outputs.
class Context {
 public:
  /// `threads`, 1 to 1024, counts the calling thread, so threads - 1 are started, on first use.
  /// Throws Error for other numbers.
  explicit Context(int threads = 1);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// Number of workers: the calling thread and those that it starts.
  int threads() const;

  /// Calls task(piece, worker) for each piece in [0, pieces), in any order, each exactly once;
  /// worker is below threads() and pieces. Returns when all are done; rethrows the first exception.
  /// Throws Error if called by a task, or while another thread is in it.
  void parallel_for(Index pieces, PieceTask task);

  /// Calls task(piece, worker, context) for each piece like parallel_for, with a context of one
  /// thread that the worker has for itself. Routines called with it treat their examples as one
  /// leaf of a batch: see is_leaf(). With `alone` the calling thread does all of it.
  void for_leaves(bool alone, Index pieces, FunctionRef<Index, int, Context&> task);
  /// True for the contexts that for_leaves() hands out: a sum over the examples is then made in one
  /// piece, as the caller adds up the sums of the leaves.
  bool is_leaf() const { return leaf_; }

  /// Scratch memory of one worker, at least `bytes`, aligned to 64, contents unspecified. It grows
  /// to the largest request and is kept, so that a replayed program allocates nothing. Valid until
  /// that worker's next call. Throws Error for a worker outside [0, threads()).
  std::byte* scratch(int worker, std::size_t bytes);

  /// Scratch memory shared by all workers of one routine (partial sums, packed weights). Like
  /// scratch(), but called outside parallel_for.
  std::byte* shared_scratch(std::size_t bytes);

  /// A second shared scratch, for a step that joins routines which use the first one.
  std::byte* joint_scratch(std::size_t bytes);

  /// Bytes of scratch memory, where every worker is counted with the largest request of any.
  std::size_t scratch_bytes() const;

  /// While rehearsing, parallel_for runs the first piece only: the numbers are meaningless, but the
  /// scratch memory that a program needs is found with a small part of its work.
  void set_rehearsing(bool rehearsing);

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool rehearsing_ = false;
  bool leaf_ = false;
};

/// The number of threads that this process may run at once, at least 1.
int hardware_threads();

}  // namespace autonet
