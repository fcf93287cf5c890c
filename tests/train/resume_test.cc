// fit(): runs that are stopped and resumed, and what their checkpoints hold.
#include <atomic>

#include "autonet/autograd/error.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/fit.h"
#include "autonet/train/weights.h"
#include "tests/train/quadrants.h"
#include "train/run_state.h"

namespace autonet {

TEST_CASE("a run stopped anywhere and resumed ends as if it had never stopped") {
  const internal::ScratchFolder scratch;
  const Model m = model(kTraining);
  FitOptions whole;
  whole.checkpoint = scratch.path("whole.npz");
  const Trained expected = run(m, whole);
  const std::string bytes = internal::file_content(whole.checkpoint);
  const std::string run_bytes = internal::file_content(scratch.path("whole.run.npz"));
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
    CHECK(part.saved);
    options.stop = nullptr;
    options.observer = nullptr;
    options.resume = true;
    const Trained result = run(m, options);
    INFO("stopped after " << stop_after << " batches");
    CHECK(internal::file_content(options.checkpoint) == bytes);
    CHECK(internal::file_content(internal::run_file_of(options.checkpoint)) == run_bytes);
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
  const std::string run_file = internal::run_file_of(options.checkpoint);
  ArrayFile file = load_arrays(run_file);
  for (auto& [key, text] : file.texts) {
    if (key == "run") text.replace(text.find("\"step\":20"), 9, "\"step\":21");
  }
  save_arrays(run_file, file);
  options.resume = true;
  CHECK_THROWS_WITH_AS(
      run(model(kTraining), options),
      ("checkpoint " + run_file +
       ": its run state does not fit the data: epoch 4, batch 0 of 5, step 21; was it trained on "
       "other images?")
          .c_str(),
      DataError);
}

TEST_CASE("a resumed run has the epochs that it was to have, and a finished one says so") {
  const internal::ScratchFolder scratch;
  FitOptions options;
  options.checkpoint = scratch.path("weights.npz");
  options.epochs = 2;
  CHECK_FALSE(run(model(kTraining), options).was_finished);
  options.epochs.reset();
  options.resume = true;
  const Trained again = run(model(kTraining), options);
  CHECK(again.was_finished);
  CHECK(again.goal == 2);
  CHECK(again.epochs.size() == 2);
  options.epochs = 3;
  const Trained longer = run(model(kTraining), options);
  CHECK_FALSE(longer.was_finished);
  CHECK(longer.epochs.size() == 3);
  // A changed number of epochs in the model counts; the rest of its text must be as it was.
  options.epochs.reset();
  std::string text = kTraining;
  text.replace(text.find("\"epochs\": 4"), 11, "\"epochs\": 5");
  CHECK(run(model(text), options).epochs.size() == 5);
  text.replace(text.find("32"), 2, "64");
  CHECK_THROWS_WITH_AS(run(model(text), options),
                       ("resume: the run in " + scratch.path("weights.run.npz") +
                        " was made with another text of the model than small.json:\n"
                        "  /training/batch_size: 32, now 64\n"
                        "Resume with the values that it had, or begin a new run from its weights "
                        "with --init-from.")
                           .c_str(),
                       ModelError);
}

TEST_CASE("a checkpoint of another model is neither replaced nor read") {
  const internal::ScratchFolder scratch;
  FitOptions options;
  options.checkpoint = scratch.path("weights.npz");
  options.epochs = 1;
  const Model m = model(kTraining);
  run(m, options);
  std::string text = m.text();
  text.replace(text.find("relu"), 4, "tanh");
  const Model other = Model::parse(text, "small.json");
  const std::string bytes = internal::file_content(options.checkpoint);
  const auto message = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const ModelError& error) {
      return error.what();
    }
    return "none";
  };
  const std::string refused = message([&] { run(other, options); });
  CHECK(refused.starts_with("checkpoint " + options.checkpoint +
                            " holds another model than small.json, so it is not replaced:\n"
                            "  /layers/0/activation: \"relu\", now \"tanh\"\n"));
  CHECK(internal::file_content(options.checkpoint) == bytes);
  CHECK(message([&] {
          load_weights(other, options.checkpoint);
        }).starts_with("checkpoint " + options.checkpoint + " was written for another model"));
  // A changed setting of training is the same model.
  const Model slower = Model::parse(m.text(), "small.json", {"training.batch_size=16"});
  CHECK(message([&] { run(slower, options); }) == "none");
  CHECK(message([&] { load_weights(slower, options.checkpoint); }) == "none");
  options.overwrite = true;
  CHECK(message([&] { run(other, options); }) == "none");
  CHECK(message([&] { load_weights(other, options.checkpoint); }) == "none");
}

TEST_CASE("a run can start from the weights of another, layer by layer") {
  const internal::ScratchFolder scratch;
  FitOptions options;
  options.checkpoint = scratch.path("first.npz");
  const Model m = model(kTraining);
  const Trained first = run(m, options);
  FitOptions next;
  next.epochs = 0;
  next.init_from = options.checkpoint;
  const Trained copy = run(m, next);
  for (size_t i = 0; i < first.weights.parameters.size(); ++i) {
    CHECK(copy.weights.parameters[i].to_vector() == first.weights.parameters[i].to_vector());
  }
  for (size_t i = 0; i < first.weights.states.size(); ++i) {
    CHECK(copy.weights.states[i].to_vector() == first.weights.states[i].to_vector());
  }
  const Model wider = Model::parse(m.text(), "small.json", {"layers.0.channels=7"});
  CHECK_THROWS_WITH_AS(run(wider, next),
                       ("init-from: the weights in " + next.init_from +
                        " do not fit the model small:\n"
                        "  conv2d_1/weight: [3,3,1,7] in the model, [3,3,1,6] in the file\n"
                        "  conv2d_1/bias: [7] in the model, [6] in the file\n"
                        "  batch_norm_1/weight: [7] in the model, [6] in the file\n"
                        "  batch_norm_1/bias: [7] in the model, [6] in the file\n"
                        "  linear_1/weight: [28,4] in the model, [24,4] in the file\n"
                        "  batch_norm_1/running_mean: [7] in the model, [6] in the file\n"
                        "  batch_norm_1/running_variance: [7] in the model, [6] in the file\n"
                        "To start these layers anew, add --init-except conv2d_1 --init-except "
                        "batch_norm_1 --init-except linear_1")
                           .c_str(),
                       DataError);
  next.init_except = {"conv2d_1", "batch_norm_1", "linear_1"};
  CHECK(run(wider, next).weights.parameters[0].shape() == Shape{3, 3, 1, 7});
  next.init_except = {"conv2d_2"};
  CHECK_THROWS_AS(run(m, next), ModelError);
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
