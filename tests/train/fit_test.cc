#include "train/fit.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "autograd/error.h"
#include "autograd/random.h"
#include "train/atomic_file.h"
#include "train/checkpoint.h"

namespace autonet {
namespace {

/// A folder of its own for each test, gone afterwards.
struct Scratch {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("autonet_fit_" + std::to_string(::getpid()));
  Scratch() { std::filesystem::create_directories(folder); }
  ~Scratch() { std::filesystem::remove_all(folder); }
  std::string path(const std::string& name) const { return (folder / name).string(); }
};

/// Images whose brightest quadrant is their class, in noise.
Images quadrants(Index count, std::uint64_t stream) {
  Images images{count, 4, 4, 1, {}, {}};
  Random random(6, stream);
  for (Index n = 0; n < count; ++n) {
    const auto label = static_cast<std::int32_t>(random.below(4));
    images.labels.push_back(label);
    for (Index i = 0; i < 16; ++i) {
      const std::int32_t quadrant = static_cast<std::int32_t>(i / 8 * 2 + i % 4 / 2);
      images.pixels.push_back(
          static_cast<float>((quadrant == label ? 0.7 : 0.0) + 0.5 * random.normal()));
    }
  }
  return images;
}

Splits quadrant_splits() {
  Splits splits;
  splits.train = quadrants(130, 1);  // 130 images in batches of 32: a last one of 2
  splits.validation = quadrants(60, 2);
  splits.test = quadrants(60, 3);
  splits.classes = 4;
  return splits;
}

/// With a convolution, dropout and batch normalisation: everything that carries state.
Model model(const std::string& training) {
  return Model::parse(R"({"name": "small", "input": [4, 4, 1], "classes": 4, "layers": [
      {"type": "conv2d", "channels": 6, "kernel": 3, "padding": 1, "activation": "relu"},
      {"type": "batch_norm"}, {"type": "max_pool2d", "kernel": 2},
      {"type": "dropout", "rate": 0.2}, {"type": "linear", "units": 4}],
      "loss": "softmax_cross_entropy", "training": )" +
                          training + "}",
                      "small.json");
}

const char* const kTraining =
    R"({"epochs": 4, "batch_size": 32, "l2_decay": 1e-3,
        "optimizer": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9},
        "schedule": {"type": "cosine"}})";

FitResult run(const Model& m, const FitOptions& options, int threads = 1) {
  Context context(threads);
  FitObserver silent;
  return fit(m, quadrant_splits(), context, options, silent);
}

}  // namespace

TEST_CASE("a small network learns, and evaluate agrees with the report") {
  const Model m = model(kTraining);
  FitOptions options;
  options.epochs = 12;
  const FitResult result = run(m, options);
  REQUIRE(result.epochs.size() == 12);
  const EpochReport& best = result.epochs[static_cast<size_t>(result.best_epoch - 1)];
  CHECK(best.validation->accuracy > 0.8);
  CHECK(result.epochs.back().train.cross_entropy < result.epochs.front().train.cross_entropy);
  Context context;
  const Metrics again =
      evaluate(m, quadrant_splits().validation, result.parameters, result.states, context);
  CHECK(again.cross_entropy == best.validation->cross_entropy);
  CHECK(again.accuracy == best.validation->accuracy);
}

TEST_CASE("the same run gives the same file, twice and on any number of threads") {
  const Scratch scratch;
  for (const char* ending : {".npz", ".safetensors"}) {
    std::string first;
    for (int threads : {1, 1, 2, 3}) {
      FitOptions options;
      options.checkpoint = scratch.path("weights") + ending;
      run(model(kTraining), options, threads);
      const std::string bytes = read_whole(options.checkpoint, 1 << 24);
      if (first.empty()) first = bytes;
      INFO(ending << ", threads " << threads);
      CHECK(bytes == first);
    }
  }
}

TEST_CASE("a run stopped anywhere and resumed ends as if it had never stopped") {
  const Scratch scratch;
  const Model m = model(kTraining);
  FitOptions whole;
  whole.checkpoint = scratch.path("whole.npz");
  const FitResult expected = run(m, whole);
  const std::string bytes = read_whole(whole.checkpoint, 1 << 24);
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
    Context context;
    const FitResult part = fit(m, quadrant_splits(), context, options, stopper);
    CHECK(part.stopped);
    options.stop = nullptr;
    options.resume = true;
    const FitResult result = run(m, options);
    INFO("stopped after " << stop_after << " batches");
    CHECK(read_whole(options.checkpoint, 1 << 24) == bytes);
    CHECK(result.epochs.size() == expected.epochs.size());
    CHECK(result.best_epoch == expected.best_epoch);
  }
}

TEST_CASE("a stop in the first epoch leaves an older file as it was") {
  const Scratch scratch;
  FitOptions options;
  options.checkpoint = scratch.path("weights.npz");
  run(model(kTraining), options);
  const std::string before = read_whole(options.checkpoint, 1 << 24);
  const std::atomic<bool> stop{true};
  options.stop = &stop;
  const FitResult result = run(model(kTraining), options);
  CHECK(result.stopped);
  CHECK_FALSE(result.saved);
  CHECK(read_whole(options.checkpoint, 1 << 24) == before);
}

TEST_CASE("resuming what is not there, or does not fit, is an error") {
  const Scratch scratch;
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
  const Scratch scratch;
  const Model m = model(kTraining);
  FitOptions options;
  options.epochs = 0;
  options.checkpoint = scratch.path("initial.npz");
  const FitResult result = run(m, options);
  CHECK(result.epochs.empty());
  const LoadedWeights weights = load_weights(m, options.checkpoint);
  const std::vector<Array> initial = m.initial_parameters(DType::f32, 1);
  for (size_t i = 0; i < initial.size(); ++i) {
    CHECK(weights.parameters[i].to_vector() == initial[i].to_vector());
  }
}

TEST_CASE("training ends early when validation no longer improves") {
  const Model m = model(R"({"epochs": 40, "batch_size": 32, "early_stopping": {"patience": 2},
      "optimizer": {"type": "sgd", "learning_rate": 1e-12}})");
  const FitResult result = run(m, {});
  CHECK(result.stopped_early);
  CHECK(result.epochs.size() < 40);
  CHECK(static_cast<Index>(result.epochs.size()) == result.best_epoch + 2);
}

TEST_CASE("a run that ended early is not trained on by resuming it") {
  const Scratch scratch;
  const Model m = model(R"({"epochs": 40, "batch_size": 32, "early_stopping": {"patience": 1},
      "optimizer": {"type": "sgd", "learning_rate": 1e-12}})");
  FitOptions options;
  options.checkpoint = scratch.path("weights.npz");
  const FitResult first = run(m, options);
  REQUIRE(first.stopped_early);
  const std::string bytes = read_whole(options.checkpoint, 1 << 24);
  options.resume = true;
  const FitResult again = run(m, options);
  CHECK(again.stopped_early);
  CHECK(again.epochs.size() == first.epochs.size());
  CHECK(read_whole(options.checkpoint, 1 << 24) == bytes);
}

TEST_CASE("an epoch whose last update breaks the weights is not saved") {
  const Scratch scratch;
  FitOptions options;
  options.checkpoint = scratch.path("weights.npz");
  // The gradients are finite in f32 (below 3.4e38), but not a thousand times as large.
  Splits bright = quadrant_splits();
  for (float& pixel : bright.train.pixels) pixel *= 5e19F;
  const Model wild = Model::parse(R"({"name": "wild", "input": [4, 4, 1], "classes": 4,
      "layers": [{"name": "output", "type": "linear", "units": 4, "init": {"normal": 1e-3}}],
      "loss": "mean_squared_error",
      "training": {"epochs": 2, "batch_size": 130,
                   "optimizer": {"type": "sgd", "learning_rate": 999}}})",
                                  "wild.json");
  Context context;
  FitObserver silent;
  try {
    fit(wild, bright, context, options, silent);
    FAIL("such steps must not work");
  } catch (const Error& error) {
    const std::string text = error.what();
    INFO(text);
    CHECK(text.find(
              "fit: parameter \"output/weight\" is not finite at epoch 1, batch 1 (step 1)") == 0);
  }
  CHECK_FALSE(std::filesystem::exists(options.checkpoint));
}

TEST_CASE("a run that blows up says where, and leaves the file it had") {
  const Scratch scratch;
  FitOptions options;
  options.checkpoint = scratch.path("weights.npz");
  run(model(kTraining), options);
  const std::string before = read_whole(options.checkpoint, 1 << 24);
  const Model wild = Model::parse(R"({"name": "wild", "input": [4, 4, 1], "classes": 4,
      "layers": [{"type": "linear", "units": 9}, {"type": "linear", "units": 4}],
      "loss": "mean_squared_error",
      "training": {"epochs": 9, "batch_size": 32, "optimizer": {"type": "sgd", "learning_rate": 900}}})",
                                  "wild.json");
  try {
    run(wild, options);
    FAIL("a learning rate of 900 must not work");
  } catch (const Error& error) {
    const std::string text = error.what();
    INFO(text);
    CHECK(text.find("is not finite at epoch 1, batch ") != std::string::npos);
    CHECK(text.find("lower the learning rate (now 900") != std::string::npos);
  }
  CHECK(read_whole(options.checkpoint, 1 << 24) == before);
}

TEST_CASE("what does not fit is an error that says what does") {
  const Scratch scratch;
  const Model m = model(kTraining);
  Splits wrong = quadrant_splits();
  wrong.train.cols = 8;
  wrong.train.rows = 2;
  Context context;
  FitObserver silent;
  CHECK_THROWS_WITH_AS(fit(m, wrong, context, {}, silent),
                       "fit: the images are [2,8,1] but the model small wants [4,4,1]", DataError);
  FitOptions options;
  options.checkpoint = scratch.path("no/weights.npz");
  CHECK_THROWS_AS(run(m, options), DataError);
  options.checkpoint = scratch.path("weights.npz");
  options.epochs = 1;
  run(m, options);
  // A file of another model: the array and both shapes.
  ArrayFile file = load_arrays(options.checkpoint);
  file.arrays[0].array = Array::zeros({{5, 5, 1, 6}, DType::f32});
  save_arrays(options.checkpoint, file);
  CHECK_THROWS_WITH_AS(load_weights(m, options.checkpoint),
                       ("checkpoint " + options.checkpoint +
                        ": array \"conv2d_1/weight\" is [5,5,1,6] but the model wants [3,3,1,6]")
                           .c_str(),
                       DataError);
  // An array that the model does not have would silently take no part.
  run(m, options);
  file = load_arrays(options.checkpoint);
  file.arrays.push_back({"fc_9/bias", Array::zeros({{3}, DType::f32})});
  save_arrays(options.checkpoint, file);
  CHECK_THROWS_WITH_AS(load_weights(m, options.checkpoint),
                       ("checkpoint " + options.checkpoint +
                        ": array \"fc_9/bias\" [3] is none of the model small; was it written for "
                        "another model?")
                           .c_str(),
                       DataError);
  run(m, options);
  options.resume = true;
  CHECK_THROWS_AS(run(model(R"({"epochs": 9})"), options), DataError);  // another text
}

}  // namespace autonet
