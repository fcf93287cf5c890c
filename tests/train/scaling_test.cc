// The cost of training by several processes, simulated.
#include "train/scaling.h"

#include <doctest/doctest.h>

#include "autonet/train/weights.h"
#include "tests/thread_ranks.h"
#include "train/random_examples.h"
#include "train/step.h"

namespace autonet::internal {

TEST_CASE("the time of exchanges is that of their messages and bytes") {
  const Network network{.latency = 1e-5, .bytes_per_second = 1e9};
  const auto seconds = [&](int ranks, Index exchanges, double bytes) {
    return exchange_seconds({.ranks = ranks, .exchanges = exchanges, .bytes = bytes}, network);
  };
  CHECK(seconds(1, 0, 0.0) == 0.0);
  CHECK(seconds(2, 3, 0.0) == doctest::Approx(3e-5));
  CHECK(seconds(3, 3, 0.0) == doctest::Approx(6e-5));
  CHECK(seconds(4, 3, 2e6) == doctest::Approx(6e-5 + 2e-3));
  CHECK(seconds(64, 1, 0.0) == doctest::Approx(6e-5));
}

TEST_CASE("a simulated process exchanges what a real one does") {
  const Model model = Model::load(std::string(AUTONET_SOURCE_DIR) + "/models/convnet1.json");
  constexpr Index kBatch = 100;
  for (const int size : {1, 2, 3, 4, 8, 20}) {
    CAPTURE(size);
    Context context;
    const RankCost cost = simulate_rank(model, context, kBatch, size, 0.0);
    CHECK(cost.ranks == size);
    CHECK(cost.compute_seconds > 0.0);
    std::size_t received = 0;
    ThreadRank::run(size, [&](Collective& ranks) {
      Context own;
      const Examples examples = random_examples(model, kBatch, 1);
      std::vector<Index> order(kBatch);
      for (Index i = 0; i < kBatch; ++i) order[static_cast<size_t>(i)] = i;
      const Weights weights = model.initial_weights(model.training().precision, 1);
      ModelProgram program(model, own, kBatch, Model::Mode::training, weights, 1, nullptr, {},
                           &ranks);
      program.run(examples, order, 0);
      ranks.any(false);
      if (ranks.rank() == size - 1) received = dynamic_cast<ThreadRank&>(ranks).received();
    });
    CHECK(cost.bytes == static_cast<double>(received));
    CHECK((cost.exchanges > 1) == (size > 1));
    CHECK((cost.bytes > 100'000) == (size > 1));
  }
}

TEST_CASE("the network between threads of one process is measured") {
  ThreadRank::run(3, [](Collective& ranks) {
    const Network network = measure_network(ranks);
    CHECK(network.latency > 0.0);
    CHECK(network.bytes_per_second > 0.0);
  });
}

}  // namespace autonet::internal
