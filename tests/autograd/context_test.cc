#include "autonet/autograd/context.h"

#include <doctest/doctest.h>

#include <atomic>
#include <new>
#include <stdexcept>
#include <vector>

#include "autonet/autograd/error.h"

namespace autonet {

TEST_CASE("every piece is done once, for any number of threads") {
  for (int threads : {1, 2, 3, 7}) {
    Context context(threads);
    for (Index pieces : {0, 1, 2, 5, 1000}) {
      std::vector<std::atomic<int>> done(static_cast<size_t>(pieces));
      std::atomic<bool> known_worker{true};
      context.parallel_for(pieces, [&](Index piece, int worker) {
        ++done[static_cast<size_t>(piece)];
        if (worker < 0 || worker >= threads) known_worker = false;
      });
      for (const auto& count : done) CHECK(count == 1);
      CHECK(known_worker);
    }
  }
}

TEST_CASE("an exception is rethrown in the caller, and the context can be used again") {
  Context context(3);
  const auto fail = [](Index piece, int) {
    if (piece == 7) throw std::runtime_error("piece 7");
  };
  for (int round = 0; round < 20; ++round) {
    CHECK_THROWS_WITH(context.parallel_for(100, fail), "piece 7");
    std::atomic<int> done{0};
    context.parallel_for(100, [&](Index, int) { ++done; });
    CHECK(done == 100);
  }
}

TEST_CASE("parallel_for called from a task of the same context is an error") {
  for (int threads : {1, 3}) {
    Context context(threads);
    Context other(1);
    std::atomic<int> inner{0};
    CHECK_THROWS_WITH_AS(
        context.parallel_for(4, [&](Index, int) { context.parallel_for(4, [](Index, int) {}); }),
        "parallel_for: the context is in use; a task must not call it, and each thread needs a "
        "context of its own",
        Error);
    context.parallel_for(4, [&](Index, int) { ++inner; });
    CHECK(inner == 4);
    context.parallel_for(1,
                         [&](Index, int) { other.parallel_for(3, [&](Index, int) { ++inner; }); });
    CHECK(inner == 7);
  }
}

TEST_CASE("after a failed request for scratch memory the context can be used again") {
  Context context(2);
  CHECK_THROWS_WITH_AS(context.scratch(2, 1), "scratch: worker 2 of 2", Error);
  CHECK_THROWS_WITH_AS(context.scratch(-1, 1), "scratch: worker -1 of 2", Error);
  CHECK_THROWS_AS(context.scratch(1, std::size_t{1} << 62), std::bad_alloc);
  CHECK(context.scratch_bytes() == 0);
  std::atomic<int> done{0};
  context.parallel_for(10, [&](Index, int) { ++done; });
  CHECK(done == 10);
}

TEST_CASE("scratch memory grows, is kept, and belongs to one worker") {
  Context context(2);
  std::byte* first = context.scratch(0, 100);
  CHECK(context.scratch(0, 50) == first);
  CHECK(context.scratch(1, 50) != first);
  CHECK(context.shared_scratch(50) != first);
  CHECK(reinterpret_cast<std::uintptr_t>(context.scratch(0, 100'000)) % 64 == 0);
}

TEST_CASE("the number of threads is bounded") {
  CHECK_THROWS_WITH_AS(Context(0), "threads: must be between 1 and 1024, got 0", Error);
  CHECK_THROWS_AS(Context(100'000), Error);
  CHECK(hardware_threads() >= 1);
}

}  // namespace autonet
