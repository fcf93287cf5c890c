#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include "autograd/shape.h"

namespace autonet {

/// A reference to something callable as task(piece, worker); unlike std::function it never
/// allocates. It must not outlive what it refers to.
class PieceTask {
 public:
  template <typename F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, PieceTask>) PieceTask(
      F&& task)  // NOLINT(google-explicit-constructor): as a parameter it reads like the lambda
      : object_(const_cast<void*>(static_cast<const void*>(&task))),
        call_([](void* object, Index piece, int worker) {
          (*static_cast<std::remove_reference_t<F>*>(object))(piece, worker);
        }) {}

  void operator()(Index piece, int worker) const { call_(object_, piece, worker); }

 private:
  void* object_;
  void (*call_)(void*, Index, int);
};

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

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The number of threads the machine offers this process, at least 1.
int hardware_threads();

}  // namespace autonet
