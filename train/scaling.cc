#include "train/scaling.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <numeric>
#include <set>

#include "autonet/train/weights.h"
#include "train/random_examples.h"
#include "train/step.h"

namespace autonet::internal {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// The last of several processes, of which the others do not exist. It has a part of the batch
/// more than others have, if the parts cannot be divided evenly.
class LoneRank final : public Collective {
 public:
  explicit LoneRank(int size) : size_(size) {}
  int rank() const override { return size_ - 1; }
  int size() const override { return size_; }

  int begin(std::byte* memory, std::span<const std::size_t> offsets) override {
    const std::size_t others = offsets[offsets.size() - 2] - offsets[0];
    // Numbers that happen to lie there could be slow ones.
    if (seen_.insert(memory).second) std::memset(memory + offsets[0], 0, others);
    ++exchanges_;
    bytes_ += static_cast<double>(others);
    return 0;
  }
  void finish(int) override {}

  Index exchanges() const { return exchanges_; }
  double bytes() const { return bytes_; }

 private:
  int size_;
  std::set<const std::byte*> seen_;  // memory of earlier exchanges
  Index exchanges_ = 0;
  double bytes_ = 0.0;
};

int messages(int ranks) {
  return ranks > 1 ? static_cast<int>(std::bit_width(static_cast<unsigned>(ranks - 1)))
                   : 0;  // ceil(log2(ranks))
}

}  // namespace

RankCost simulate_rank(const Model& model, Context& context, Index batch, int ranks,
                       double seconds) {
  const TrainingSettings& settings = model.training();
  const Examples examples = random_examples(model, batch, 1);
  std::vector<Index> order(static_cast<size_t>(batch));
  std::iota(order.begin(), order.end(), Index{0});
  Weights weights = model.initial_weights(settings.precision, settings.seed);
  Optimizer optimizer = optimizer_for(model, weights);
  LoneRank rank(ranks);
  ModelProgram program(model, context, batch, Model::Mode::training, weights, settings.seed,
                       nullptr, {}, &rank);
  Index step = 0;
  const auto whole_step = [&] {
    program.run(examples, order, step);
    size_t bad = 0;
    // The rate is so small that the weights hardly change.
    optimizer.update(context, weights.parameters, program.gradients(), 1e-6, ++step, bad);
    rank.any(false);  // as fit() asks whether to stop
  };
  for (int i = 0; i < 2; ++i) whole_step();  // allocates scratch memory, fills caches
  const Index exchanges = rank.exchanges();
  const double bytes = rank.bytes();
  std::vector<double> times;
  for (const auto begin = Clock::now();
       times.size() < 3 || (seconds_since(begin) < seconds && times.size() < 100'000);) {
    const auto start = Clock::now();
    whole_step();
    times.push_back(seconds_since(start));
  }
  return {.ranks = ranks,
          .compute_seconds = median(times),
          .exchanges = ranks > 1 ? exchanges / 2 : 0,
          .bytes = ranks > 1 ? bytes / 2 : 0.0};
}

double exchange_seconds(const RankCost& cost, const Network& network) {
  return static_cast<double>(cost.exchanges) * messages(cost.ranks) * network.latency +
         cost.bytes / network.bytes_per_second;
}

Network measure_network(Collective& ranks) {
  const auto seconds_of = [&](std::size_t block, int rounds) {
    const auto size = static_cast<std::size_t>(ranks.size());
    std::vector<std::byte> memory(size * block);
    std::vector<std::size_t> offsets;
    for (std::size_t r = 0; r <= size; ++r) offsets.push_back(r * block);
    std::vector<double> times;
    for (int i = 0; i < rounds; ++i) {
      const auto start = Clock::now();
      ranks.gather(memory.data(), offsets);
      times.push_back(seconds_since(start));
    }
    return median(times);
  };
  constexpr std::size_t kSmall = 8;
  constexpr std::size_t kLarge = std::size_t{1} << 20U;
  seconds_of(kSmall, 10);  // opens connections
  const double small = seconds_of(kSmall, 200);
  const double large = seconds_of(kLarge, 20);
  const double others = static_cast<double>(kLarge) * (ranks.size() - 1);
  return {.latency = small / std::max(1, messages(ranks.size())),
          .bytes_per_second = others / std::max(large - small, 1e-9)};
}

}  // namespace autonet::internal
