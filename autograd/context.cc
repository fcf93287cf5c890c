#include "autograd/context.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "autograd/error.h"

namespace autonet {
namespace {

/// Memory that grows and is never given back before the end.
class Scratch {
 public:
  std::byte* at_least(std::size_t bytes) {
    if (bytes > capacity_) {
      memory_.reset();
      const std::size_t wanted = std::max(bytes, capacity_ * 2);
      memory_.reset(static_cast<std::byte*>(::operator new(wanted, kAlignment)));
      capacity_ = wanted;
    }
    return memory_.get();
  }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(std::byte* memory) const { ::operator delete(memory, kAlignment); }
  };
  std::unique_ptr<std::byte, Free> memory_;
  std::size_t capacity_ = 0;
};

}  // namespace

struct Context::State {
  explicit State(int count) : scratch(static_cast<size_t>(count)) {}

  std::vector<Scratch> scratch;
  Scratch shared;
  std::vector<std::thread> workers;

  // One job at a time. `round` changes when a job is posted; `busy` counts workers not yet done.
  std::mutex mutex;
  std::condition_variable posted;
  std::condition_variable finished;
  const PieceTask* task = nullptr;
  Index pieces = 0;
  std::atomic<std::uint64_t> round{0};
  std::atomic<Index> next{0};
  std::atomic<int> busy{0};
  bool closing = false;
  std::exception_ptr failure;

  void work(int worker) {
    try {
      for (Index piece = next.fetch_add(1); piece < pieces; piece = next.fetch_add(1)) {
        (*task)(piece, worker);
      }
    } catch (...) {
      const std::scoped_lock lock(mutex);
      if (!failure) failure = std::current_exception();
      next.store(pieces);
    }
  }

  void serve(int worker) {
    std::uint64_t seen = 0;
    while (true) {
      // Jobs of one training step follow each other within microseconds: look before sleeping.
      for (int spin = 0; spin < 4000 && round.load(std::memory_order_acquire) == seen; ++spin) {
        if (spin % 64 == 63) std::this_thread::yield();
      }
      {
        std::unique_lock lock(mutex);
        posted.wait(lock, [&] { return closing || round.load() != seen; });
        if (closing) return;
        seen = round.load();
      }
      work(worker);
      if (busy.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        const std::scoped_lock lock(mutex);
        finished.notify_one();
      }
    }
  }
};

Context::Context(int threads) {
  if (threads < 1 || threads > 1024) {
    throw Error("threads: must be between 1 and 1024, got " + std::to_string(threads));
  }
  state_ = std::make_unique<State>(threads);
}

Context::~Context() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->closing = true;
  }
  state_->posted.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

int Context::threads() const {
  return static_cast<int>(state_->scratch.size());
}

void Context::parallel_for(Index pieces, PieceTask task) {
  State& state = *state_;
  if (threads() == 1 || pieces <= 1) {
    for (Index piece = 0; piece < pieces; ++piece) task(piece, 0);
    return;
  }
  // All are started before the first job; where the system refused one, the next call tries again.
  while (static_cast<int>(state.workers.size()) < threads() - 1) {
    const int worker = static_cast<int>(state.workers.size()) + 1;
    state.workers.emplace_back([&state, worker] { state.serve(worker); });
  }
  {
    const std::scoped_lock lock(state.mutex);
    state.task = &task;
    state.pieces = pieces;
    state.next.store(0);
    state.busy.store(threads() - 1);
    state.failure = nullptr;
    state.round.fetch_add(1, std::memory_order_release);
  }
  state.posted.notify_all();
  state.work(0);
  for (int spin = 0; spin < 4000 && state.busy.load(std::memory_order_acquire) > 0; ++spin) {
    if (spin % 64 == 63) std::this_thread::yield();
  }
  {
    std::unique_lock lock(state.mutex);
    state.finished.wait(lock, [&] { return state.busy.load() == 0; });
  }
  if (state.failure) std::rethrow_exception(state.failure);
}

std::byte* Context::scratch(int worker, std::size_t bytes) {
  return state_->scratch.at(static_cast<size_t>(worker)).at_least(bytes);
}

std::byte* Context::shared_scratch(std::size_t bytes) {
  return state_->shared.at_least(bytes);
}

int hardware_threads() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace autonet
