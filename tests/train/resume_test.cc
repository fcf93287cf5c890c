// fit(): runs that are stopped and resumed, and what their checkpoints hold.
#include <atomic>

#include "autonet/autograd/error.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/fit.h"
#include "autonet/train/weights.h"
#include "tests/train/quadrants.h"

namespace autonet {

TEST_CASE("a run stopped anywhere and resumed ends as if it had never stopped") {
  const internal::ScratchFolder scratch;
  const Model m = model(kTraining);
  FitOptions whole;
  whole.checkpoint = scratch.path("whole.npz");
  const Trained expected = run(m, whole);
  const std::string bytes = internal::file_content(whole.checkpoint);
  for (int stop_after : {1, 4, 5, 7, 13}) {  // batches: within epochs and between them
    std::atomic<bool> stop{false};
    struct Stopper : FitObserver {
      std::atomic<bool>& stop;
      int left;
      Stopper(std::atomic<bool>& s, int l) : stop(s), left(l) {}
      void on_batch(Index, Index, Index, double) override { stop = --left <= 0; }
    } stopper(stop, stop_after);
    FitOptions options;
    options.checkpoint = scratch.path("part" + std::to_string(stop_after) + ".npz");
    options.stop = &stop;
    options.observer = &stopper;
    const Trained part = run(m, options);
    CHECK(part.stopped);
    options.stop = nullptr;
    options.observer = nullptr;
    options.resume = true;
    const Trained result = run(m, options);
    INFO("stopped after " << stop_after << " batches");
    CHECK(internal::file_content(options.checkpoint) == bytes);
    CHECK(result.epochs.size() == expected.epochs.size());
    CHECK(result.best_epoch == expected.best_epoch);
  }
}

TEST_CASE("a stop in the first epoch keeps an older file") {
  const internal::ScratchFolder scratch;
  FitOptions options;
  options.checkpoint = scratch.path("weights.npz");
  run(model(kTraining), options);
  const std::string before = internal::file_content(options.checkpoint);
  const std::atomic<bool> stop{true};
  options.stop = &stop;
  const Trained result = run(model(kTraining), options);
  CHECK(result.stopped);
  CHECK_FALSE(result.saved);
  CHECK(internal::file_content(options.checkpoint) == before);
}

TEST_CASE("resuming a missing checkpoint, or one of other data, is an error") {
  const internal::ScratchFolder scratch;
  FitOptions options;
  options.resume = true;
  options.checkpoint = scratch.path("missing.npz");
  CHECK_THROWS_WITH_AS(
      run(model(kTraining), options),
      ("resume: there is no checkpoint " + options.checkpoint + "; start the run without --resume")
          .c_str(),
      DataError);
  options.resume = false;
  run(model(kTraining), options);
  ArrayFile file = load_arrays(options.checkpoint);
  for (auto& [key, text] : file.texts) {
    if (key == "run") text.replace(text.find("\"step\":20"), 9, "\"step\":21");
  }
  save_arrays(options.checkpoint, file);
  options.resume = true;
  CHECK_THROWS_WITH_AS(
      run(model(kTraining), options),
      ("checkpoint " + options.checkpoint +
       ": its run state does not fit the data: epoch 4, batch 0 of 5, step 21; was it trained on "
       "other images?")
          .c_str(),
      DataError);
}

TEST_CASE("no epochs: the initial weights are written, and can be evaluated") {
  const internal::ScratchFolder scratch;
  const Model m = model(kTraining);
  FitOptions options;
  options.epochs = 0;
  options.checkpoint = scratch.path("initial.npz");
  const Trained result = run(m, options);
  CHECK(result.epochs.empty());
  const Weights weights = load_weights(m, options.checkpoint);
  const std::vector<Array> initial = m.initial_weights(DType::f32, 1).parameters;
  for (size_t i = 0; i < initial.size(); ++i) {
    CHECK(weights.parameters[i].to_vector() == initial[i].to_vector());
  }
}

TEST_CASE("a run that was stopped early does not continue when it is resumed") {
  const internal::ScratchFolder scratch;
  const Model m = model(R"({"epochs": 40, "batch_size": 32, "early_stopping": {"patience": 1},
      "optimizer": {"type": "sgd", "learning_rate": 1e-12}})");
  FitOptions options;
  options.checkpoint = scratch.path("weights.npz");
  const Trained first = run(m, options);
  REQUIRE(first.stopped_early);
  const std::string bytes = internal::file_content(options.checkpoint);
  options.resume = true;
  const Trained again = run(m, options);
  CHECK(again.stopped_early);
  CHECK(again.epochs.size() == first.epochs.size());
  CHECK(internal::file_content(options.checkpoint) == bytes);
}

}  // namespace autonet
