// fit() and evaluate() by several processes, here threads: the files and figures of one process.
#include <atomic>

#include "autonet/autograd/error.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/evaluate.h"
#include "autonet/train/fit.h"
#include "tests/thread_ranks.h"
#include "tests/train/quadrants.h"
#include "train/run_state.h"

namespace autonet {
namespace {

using internal::ThreadRank;

/// A model with enough work for several ranks, and with all that depends on the whole batch.
Model net(const std::string& seed = "5",
          const std::string& augment = R"("shift": 1, "noise": 0.1)") {
  return Model::parse(R"({"name": "shared", "input": [4, 4, 1], "classes": 4, "layers": [
      {"type": "conv2d", "channels": 64, "kernel": 3, "padding": 1, "activation": "relu"},
      {"type": "batch_norm"}, {"type": "dropout", "rate": 0.2},
      {"type": "conv2d", "channels": 24, "kernel": 5, "padding": 2, "activation": "relu"},
      {"type": "linear", "units": 4}],
      "loss": "softmax_cross_entropy", "data": {"file": "x.npz", "augment": {)" +
                          augment + R"(}},
      "training": {"epochs": 2, "batch_size": 48, "clip_norm": 2.0, "ema": 0.9, "seed": )" +
                          seed + R"(,
      "optimizer": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9}}})",
                      "shared.json");
}

struct Files {
  std::string weights;
  std::string run;
};

Files files_of(const std::string& checkpoint) {
  return {internal::file_content(checkpoint),
          internal::file_content(internal::run_file_of(checkpoint))};
}

Trained run(const Model& model, int threads, FitOptions options) {
  Context context(threads);
  options.validation = validation_quadrants();
  return fit(model, training_quadrants(), context, options);
}

/// Sets a flag after so many batches.
struct Stopper final : FitObserver {
  std::atomic<bool> flag{false};
  int left;
  explicit Stopper(int batches) : left(batches) {}
  void on_batch(Index, Index, Index, double) override { flag = --left <= 0; }
};

}  // namespace

TEST_CASE("a run has the same files on any number of ranks") {
  const internal::ScratchFolder scratch;
  for (const char* augment : {R"("shift": 1, "noise": 0.1)", R"("mixup": 0.3)"}) {
    const Model model = net("5", augment);
    FitOptions alone;
    alone.checkpoint = scratch.path("alone.npz");
    alone.overwrite = true;
    const Trained expected = run(model, 1, alone);
    const Files bytes = files_of(alone.checkpoint);
    for (const int size : {1, 2, 3, 4, 7}) {
      CAPTURE(size);
      FitOptions options = alone;
      options.checkpoint = scratch.path("shared.npz");
      std::atomic<std::size_t> received{0};
      ThreadRank::run(size, [&](Collective& ranks) {
        FitOptions own = options;
        own.collective = &ranks;
        const Trained result = run(model, 1 + ranks.rank() % 2, own);
        CHECK(result.epochs.back().validation->loss == expected.epochs.back().validation->loss);
        Context context;
        CHECK(evaluate(model, training_quadrants(), result.weights, context, {}, &ranks).loss ==
              evaluate(model, training_quadrants(), result.weights, context).loss);
        received += dynamic_cast<ThreadRank&>(ranks).received();
      });
      // More than the flags that say whether to stop.
      CHECK((received > 100'000) == (size > 1));
      const Files shared = files_of(options.checkpoint);
      CHECK(shared.weights == bytes.weights);
      CHECK(shared.run == bytes.run);
    }
  }
}

TEST_CASE("a run that one rank stops goes on with another number of ranks to the same files") {
  const internal::ScratchFolder scratch;
  const Model model = net();
  FitOptions alone;
  alone.checkpoint = scratch.path("alone.npz");
  run(model, 1, alone);
  const Files bytes = files_of(alone.checkpoint);
  FitOptions options;
  options.checkpoint = scratch.path("shared.npz");
  ThreadRank::run(3, [&](Collective& ranks) {
    FitOptions own = options;
    own.collective = &ranks;
    Stopper stopper(4);
    own.observer = &stopper;
    if (ranks.rank() == 2) own.stop = &stopper.flag;
    const Trained result = run(model, 1, own);
    CHECK(result.stopped);
    CHECK(result.lost.empty());
    CHECK(result.saved);
  });
  options.resume = true;
  ThreadRank::run(2, [&](Collective& ranks) {
    FitOptions own = options;
    own.collective = &ranks;
    CHECK_FALSE(run(model, 1, own).stopped);
  });
  const Files resumed = files_of(options.checkpoint);
  CHECK(resumed.weights == bytes.weights);
  CHECK(resumed.run == bytes.run);
}

namespace {

/// A rank of one that reports after so many exchanges that another one ended.
class Ending final : public Collective {
 public:
  Ending(Collective& ranks, int exchanges) : ranks_(ranks), left_(exchanges) {}
  int rank() const override { return ranks_.rank(); }
  int size() const override { return ranks_.size(); }
  int begin(std::byte* memory, std::span<const std::size_t> offsets) override {
    return ranks_.begin(memory, offsets);
  }
  void finish(int exchange) override {
    if (--left_ < 0) throw CollectiveLost("process 1 ended");
    ranks_.finish(exchange);
  }
  int left() const { return left_; }

 private:
  Collective& ranks_;
  int left_;
};

}  // namespace

TEST_CASE("wherever a rank ends, the run is saved and goes on alone to the same files") {
  const internal::ScratchFolder scratch;
  const Model model = net();
  FitOptions alone;
  alone.checkpoint = scratch.path("alone.npz");
  run(model, 1, alone);
  const Files bytes = files_of(alone.checkpoint);
  constexpr int kMany = 1'000'000;
  int exchanges = 0;
  ThreadRank::run(2, [&](Collective& ranks) {
    Ending counted(ranks, kMany);
    FitOptions own = alone;
    own.checkpoint = scratch.path("counted.npz");
    own.collective = &counted;
    run(model, 1, own);
    if (ranks.rank() == 0) exchanges = kMany - counted.left();
  });
  REQUIRE(exchanges > 30);
  int stopped = 0;
  for (int end = 1; end < exchanges; ++end) {
    CAPTURE(end);
    FitOptions options;
    options.checkpoint = scratch.path("ended.npz");
    options.overwrite = true;
    Trained result{.model = model};
    ThreadRank::run(2, [&](Collective& ranks) {
      Ending ending(ranks, end);
      FitOptions own = options;
      own.collective = &ending;
      const Trained mine = run(model, 1, own);
      if (ranks.rank() == 0) result = mine;
    });
    CHECK(result.stopped);
    CHECK(result.lost == "process 1 ended");
    options.resume = result.saved;
    stopped += result.saved;
    run(model, 2, options);
    const Files resumed = files_of(options.checkpoint);
    CHECK(resumed.weights == bytes.weights);
    CHECK(resumed.run == bytes.run);
  }
  CHECK(stopped > 15);
}

TEST_CASE("ranks that were not started alike are refused, with what differs") {
  const auto text_of = [](const auto& change) {
    try {
      ThreadRank::run(3, [&](Collective& ranks) {
        Context context;
        FitOptions options;
        options.collective = &ranks;
        Examples examples = training_quadrants();
        std::string seed = "5";
        if (ranks.rank() == 2) change(options, examples, seed);
        fit(net(seed), examples, context, options);
      });
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(text_of([](FitOptions&, Examples&, std::string&) {}).empty());
  CHECK(text_of([](FitOptions& options, Examples&, std::string&) { options.epochs = 3; }) ==
        "fit: process 2 has another state of the run (seed, epochs or steps done) than process 0, "
        "and shared cannot be trained "
        "by both; start all with the same files, options and program");
  CHECK(text_of([](FitOptions&, Examples&, std::string& seed) {
          seed = "6";
        }).find("process 2 has another model or seed than") != std::string::npos);
  CHECK(text_of([](FitOptions&, Examples& examples, std::string&) {
          examples.y = Targets(std::vector<int>(130, 1));
        }).find("process 2 has other examples than") != std::string::npos);
}

}  // namespace autonet
