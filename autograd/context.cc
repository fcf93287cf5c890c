#include "autonet/autograd/context.h"

#if defined(__linux__)
#include <sched.h>
#endif
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "autograd/flush_denormals.h"
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet {
namespace {

/// Memory that grows to the largest request and is freed with the Context.
class Scratch {
 public:
  std::byte* at_least(std::size_t bytes) {
    if (bytes > capacity_) {
      memory_.reset();
      capacity_ = 0;
      memory_.reset(static_cast<std::byte*>(::operator new(bytes, kAlignment)));
      capacity_ = bytes;
    }
    return memory_.get();
  }
  std::size_t capacity() const { return capacity_; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(std::byte* memory) const { ::operator delete(memory, kAlignment); }
  };
  std::unique_ptr<std::byte, Free> memory_;
  std::size_t capacity_ = 0;
};

/// Marks a context while a parallel_for runs.
class InUse {
 public:
  explicit InUse(std::atomic<bool>& flag) : flag_(flag) {
    if (flag_.exchange(true, std::memory_order_relaxed)) {
      throw Error(
          "parallel_for: the context is in use; a task must not call it, and each thread needs a "
          "context of its own");
    }
  }
  ~InUse() { flag_.store(false, std::memory_order_relaxed); }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;

 private:
  std::atomic<bool>& flag_;
};

/// How often this process is the child of a fork since the first context worked with threads. A
/// child has none of the threads of its parent.
std::atomic<std::uint32_t> forks{0};

std::uint32_t forks_so_far() {
  [[maybe_unused]] static const int kRegistered =
      ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); });
  return forks.load(std::memory_order_relaxed);
}

}  // namespace

struct Context::State {
  explicit State(int count)
      : scratch(static_cast<size_t>(count)),
        spins(count <= hardware_threads() ? 100'000 : 0),
        stretches(static_cast<size_t>(count)) {}

  std::vector<Scratch> scratch;
  Scratch shared;
  Scratch joint;
  std::atomic<std::size_t> largest{0};  // request of any worker for scratch
  std::vector<std::thread> workers;
  std::uint32_t forks_at_start = forks_so_far();  // of the workers

  // One job at a time. `round` changes when a job is posted and is odd at the end. While a job is
  // `open`, workers may enter it; `inside` counts those that have. The caller does what is left of
  // the work itself, closes the job, and waits for the workers inside alone: one that the system
  // has not let run, because other processes keep the cores busy, is not waited for. It finds the
  // job closed later. No lock is taken: a waiting thread reads a counter in a loop for a while,
  // then sleeps; with more threads than cores it sleeps at once.
  std::atomic<bool> in_use{false};  // a parallel_for is running
  int spins;
  const PieceTask* task = nullptr;
  std::atomic<std::uint32_t> round{0};
  // Each worker begins with its own stretch of the pieces: in every job about the same part of the
  // batch, which its cache may still hold. Then it takes pieces from the stretches of the others.
  struct alignas(64) Stretch {
    std::atomic<Index> next{0};
    Index end = 0;
  };
  std::vector<Stretch> stretches;
  int taking_part = 0;  // workers: no more than pieces
  std::atomic<bool> open{false};
  std::atomic<int> inside{0};
  std::mutex failing;
  std::exception_ptr failure;

  std::vector<std::unique_ptr<Context>> leaves;  // one for each worker, made on first use

  /// Makes the scratch memory of a context of one thread at least as large as that of another.
  void grow_to(const State& other) {
    scratch[0].at_least(other.scratch[0].capacity());
    shared.at_least(other.shared.capacity());
    joint.at_least(other.joint.capacity());
  }

  /// In the child of a fork, forgets the workers, which only the parent has.
  void forget_lost_workers() {
    if (forks_at_start == forks_so_far()) return;
    forks_at_start = forks_so_far();
    for (std::thread& worker : workers) worker.detach();
    workers.clear();
    inside.store(0);
  }

  void hand_out(Index pieces) {
    const Index count = std::min(std::ssize(stretches), pieces);
    taking_part = static_cast<int>(count);
    for (Index w = 0; w < count; ++w) {
      Stretch& stretch = stretches[static_cast<size_t>(w)];
      stretch.next.store(pieces * w / count, std::memory_order_relaxed);
      stretch.end = pieces * (w + 1) / count;
    }
  }

  void work(int worker) {
    const auto count = static_cast<size_t>(taking_part);
    try {
      for (size_t i = 0; i < count; ++i) {
        Stretch& stretch = stretches[(static_cast<size_t>(worker) + i) % count];
        while (stretch.next.load(std::memory_order_relaxed) < stretch.end) {
          const Index piece = stretch.next.fetch_add(1, std::memory_order_relaxed);
          if (piece < stretch.end) (*task)(piece, worker);
        }
      }
    } catch (...) {
      const std::scoped_lock lock(failing);
      if (!failure) failure = std::current_exception();
      for (Stretch& stretch : stretches) stretch.next.store(stretch.end);
    }
  }

  /// Waits until `value` is no longer `old`. The jobs of a training step follow each other within a
  /// tenth of a millisecond, and waking a thread takes a large part of that: read the value for
  /// about as long before sleeping.
  template <typename T>
  T wait_while(const std::atomic<T>& value, T old) const {
    for (int spin = 0; spin < spins; ++spin) {
      const T now = value.load(std::memory_order_acquire);
      if (now != old) return now;
      if (spin % 512 == 511) std::this_thread::yield();
    }
    value.wait(old, std::memory_order_acquire);
    return value.load(std::memory_order_acquire);
  }

  void serve(int worker, std::uint32_t seen) {
    const internal::FlushDenormals flush;
    while (true) {
      seen = wait_while(round, seen);
      if (seen % 2 == 1) return;
      // In one order with closing: either the caller sees this worker inside, or the worker sees
      // the job closed.
      inside.fetch_add(1);
      if (open.load() && worker < taking_part) work(worker);
      if (inside.fetch_sub(1) == 1) inside.notify_one();
    }
  }
};

Context::Context(int threads) {
  if (threads < 1 || threads > 1024) {
    throw Error(text::concat("threads: must be between 1 and 1024, got ", threads));
  }
  state_ = std::make_unique<State>(threads);
}

Context::~Context() {
  state_->forget_lost_workers();
  state_->round.fetch_add(1, std::memory_order_release);
  state_->round.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

int Context::threads() const {
  return static_cast<int>(state_->scratch.size());
}

void Context::parallel_for(Index pieces, PieceTask task) {
  State& state = *state_;
  const InUse in_use(state.in_use);
  const internal::FlushDenormals flush;
  if (rehearsing_) {
    if (pieces > 0) task(0, 0);
    return;
  }
  if (threads() == 1 || pieces <= 1) {
    for (Index piece = 0; piece < pieces; ++piece) task(piece, 0);
    return;
  }
  state.forget_lost_workers();
  // All are started before the first job. If the system refuses one, the next call tries again.
  while (static_cast<int>(state.workers.size()) < threads() - 1) {
    const int worker = static_cast<int>(state.workers.size()) + 1;
    state.workers.emplace_back(
        [&state, worker, seen = state.round.load()] { state.serve(worker, seen); });
  }
  // Grow all scratch to the largest request, so that replay never allocates.
  for (Scratch& scratch : state.scratch) scratch.at_least(state.largest.load());
  state.task = &task;
  state.failure = nullptr;
  state.hand_out(pieces);
  state.open.store(true);
  state.round.fetch_add(2, std::memory_order_release);
  state.round.notify_all();
  state.work(0);
  state.open.store(false);
  while (const int left = state.inside.load()) state.wait_while(state.inside, left);
  if (state.failure) std::rethrow_exception(state.failure);
}

void Context::set_rehearsing(bool rehearsing) {
  rehearsing_ = rehearsing;
  for (const auto& leaf : state_->leaves) leaf->set_rehearsing(rehearsing);
}

void Context::for_leaves(bool alone, Index pieces, FunctionRef<Index, int, Context&> task) {
  State& state = *state_;
  while (static_cast<int>(state.leaves.size()) < threads()) {
    state.leaves.push_back(std::make_unique<Context>(1));
    state.leaves.back()->leaf_ = true;
    state.leaves.back()->set_rehearsing(rehearsing_);
  }
  if (alone && !rehearsing_) {
    for (Index piece = 0; piece < pieces; ++piece) task(piece, 0, *state.leaves.front());
    return;
  }
  // All have the scratch memory of the largest, so that replay never allocates.
  Context& first = *state.leaves.front();
  for (const auto& leaf : state.leaves) first.state_->grow_to(*leaf->state_);
  for (const auto& leaf : state.leaves) leaf->state_->grow_to(*first.state_);
  parallel_for(pieces, [&](Index piece, int worker) {
    task(piece, worker, *state.leaves[static_cast<size_t>(worker)]);
  });
}

std::byte* Context::scratch(int worker, std::size_t bytes) {
  if (worker < 0 || worker >= threads()) {
    throw Error(text::concat("scratch: worker ", worker, " of ", threads()));
  }
  std::byte* memory = state_->scratch[static_cast<size_t>(worker)].at_least(bytes);
  std::size_t largest = state_->largest.load();
  while (bytes > largest && !state_->largest.compare_exchange_weak(largest, bytes)) {
  }
  return memory;
}

std::byte* Context::shared_scratch(std::size_t bytes) {
  return state_->shared.at_least(bytes);
}

std::byte* Context::joint_scratch(std::size_t bytes) {
  return state_->joint.at_least(bytes);
}

std::size_t Context::scratch_bytes() const {
  const std::size_t workers = state_->scratch.size();
  std::size_t leaves = 0;
  for (const auto& leaf : state_->leaves) leaves = std::max(leaves, leaf->scratch_bytes());
  return state_->shared.capacity() + state_->joint.capacity() +
         workers * (state_->largest.load() + leaves);
}

int hardware_threads() {
#if defined(__linux__)
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace autonet
