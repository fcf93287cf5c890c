#pragma once

#include <cstddef>
#include <memory>

#include "autograd/function_ref.h"
#include "autograd/shape.h"

namespace autonet {

/// task(piece, worker)
using PieceTask = FunctionRef<Index, int>;

/// Where computations run: a fixed number of threads and scratch memory for each of them.
///
/// One Context serves one caller at a time; two tapes in two threads use two contexts. There is no
/// global one, and a host program's own threads are left alone. Results never depend on the number
/// of threads: routines cut work by shape alone, and each piece writes its own outputs.
class Context {
 public:
  /// `threads` >= 1 counts the calling thread, so threads - 1 are started, on first use.
  explicit Context(int threads = 1);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  int threads() const;

  /// Calls task(piece, worker) for each piece in [0, pieces), in any order, each exactly once;
  /// worker is in [0, threads()). Returns when all are done; the first exception is rethrown here.
  /// Not reentrant: a task must not call parallel_for.
  void parallel_for(Index pieces, PieceTask task);

  /// Scratch memory of one worker, at least `bytes`, aligned to 64, contents unspecified. It grows
  /// and is then kept, so that a replayed program allocates nothing. Valid until that worker's next
  /// call.
  std::byte* scratch(int worker, std::size_t bytes);

  /// Scratch shared by all workers of one routine (partial sums, packed weights): like scratch(),
  /// called outside parallel_for.
  std::byte* shared_scratch(std::size_t bytes);

  /// The same for a step that joins routines, beside the shared scratch of those.
  std::byte* joint_scratch(std::size_t bytes);

  /// Bytes of scratch memory held now; with all threads at work, each has what any has asked for.
  std::size_t scratch_bytes() const;

  /// While rehearsing, parallel_for runs the first piece alone: the numbers are nonsense, but the
  /// scratch memory that a program will need is known for a small part of its work.
  void set_rehearsing(bool rehearsing) { rehearsing_ = rehearsing; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool rehearsing_ = false;
};

/// The number of threads the machine offers this process, at least 1.
int hardware_threads();

}  // namespace autonet
