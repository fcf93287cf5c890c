#pragma once

#include <barrier>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "autonet/autograd/collective.h"
#include "autonet/autograd/function_ref.h"

namespace autonet::internal {

/// A Collective whose ranks are threads of one process.
class ThreadRank final : public Collective {
 public:
  /// Calls task(collective) for each rank, each in a thread of its own. Rethrows the first
  /// exception; the tasks must throw all or none.
  static void run(int size, FunctionRef<Collective&> task) {
    Shared shared(size);
    std::vector<std::exception_ptr> errors(static_cast<size_t>(size));
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size; ++rank) {
      threads.emplace_back([&, rank] {
        ThreadRank own(shared, rank, size);
        try {
          task(own);
        } catch (...) {
          errors[static_cast<size_t>(rank)] = std::current_exception();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& error : errors) {
      if (error) std::rethrow_exception(error);
    }
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  int begin(std::byte* memory, std::span<const std::size_t> offsets) override {
    running_[next_] = {memory, {offsets.begin(), offsets.end()}};
    return next_++;
  }

  void finish(int exchange) override {
    const Exchange own = running_.at(exchange);
    running_.erase(exchange);
    shared_.memories[static_cast<size_t>(rank_)] = own.memory;
    shared_.barrier.arrive_and_wait();
    for (size_t r = 0; r + 1 < own.offsets.size(); ++r) {
      if (r == static_cast<size_t>(rank_)) continue;
      std::memcpy(own.memory + own.offsets[r], shared_.memories[r] + own.offsets[r],
                  own.offsets[r + 1] - own.offsets[r]);
      received_ += own.offsets[r + 1] - own.offsets[r];
    }
    shared_.barrier.arrive_and_wait();
  }

  /// Bytes that came from other ranks.
  std::size_t received() const { return received_; }

 private:
  struct Exchange {
    std::byte* memory;
    std::vector<std::size_t> offsets;
  };
  struct Shared {
    explicit Shared(int size) : barrier(size), memories(static_cast<size_t>(size)) {}
    std::barrier<> barrier;
    std::vector<std::byte*> memories;
  };
  ThreadRank(Shared& shared, int rank, int size) : shared_(shared), rank_(rank), size_(size) {}

  Shared& shared_;
  int rank_;
  int size_;
  int next_ = 0;
  std::map<int, Exchange> running_;
  std::size_t received_ = 0;
};

}  // namespace autonet::internal
