// fit(): learning, its reports, and errors.
#include "autonet/train/fit.h"

#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/evaluate.h"
#include "autonet/train/weights.h"
#include "tests/train/quadrants.h"
#include "train/failed_step.h"
#include "train/step_report.h"

namespace autonet {

TEST_CASE("a small network learns, and evaluate agrees with the report") {
  const Model m = model(kTraining);
  FitOptions options;
  options.epochs = 12;
  const Trained result = run(m, options);
  REQUIRE(result.epochs.size() == 12);
  const EpochReport& best = result.epochs[static_cast<size_t>(result.best_epoch - 1)];
  CHECK(best.validation->accuracy > 0.8);
  CHECK(result.epochs.back().train.loss < result.epochs.front().train.loss);
  Context context;
  const Metrics again = evaluate(m, validation_quadrants(), result.weights, context);
  CHECK(again.loss == best.validation->loss);
  CHECK(again.accuracy == best.validation->accuracy);
}

TEST_CASE("the same run gives the same file, twice and on any number of threads") {
  const internal::ScratchFolder scratch;
  for (const char* ending : {".npz", ".safetensors"}) {
    std::string first;
    for (int threads : {1, 1, 2, 3}) {
      FitOptions options;
      options.checkpoint = scratch.path("weights") + ending;
      run(model(kTraining), options, threads);
      const std::string bytes = internal::file_content(options.checkpoint);
      if (first.empty()) first = bytes;
      INFO(ending << ", threads " << threads);
      CHECK(bytes == first);
    }
  }
}

namespace {

/// A single layer, f64, in batches of 32: the last of an epoch has 2 images.
Model one_layer(const std::string& optimizer, const std::string& schedule) {
  return Model::parse(R"({"name": "one", "input": [4, 4, 1], "classes": 4,
      "layers": [{"type": "linear", "units": 4, "init": {"normal": 0.5}}],
      "loss": "softmax_cross_entropy",
      "training": {"epochs": 3, "batch_size": 32, "precision": "f64", "optimizer": )" +
                          optimizer + R"(, "schedule": )" + schedule + "}}",
                      "one.json");
}

}  // namespace

TEST_CASE("an epoch's figures are means over its images: the last, partial batch counts less") {
  // Steps too small to change anything: what is measured during the epoch stays true after it.
  const Model m =
      one_layer(R"({"type": "sgd", "learning_rate": 1e-300})", R"({"type": "constant"})");
  const Trained result = run(m, {});
  Context context;
  const Metrics whole = evaluate(m, training_quadrants(), result.weights, context);
  for (const EpochReport& epoch : result.epochs) {
    CHECK(epoch.train.loss == doctest::Approx(whole.loss).epsilon(1e-12));
    CHECK(epoch.train.accuracy == whole.accuracy);
  }
}

TEST_CASE("the schedule's rate is the one that is trained with, and reported") {
  const Model m = one_layer(R"({"type": "sgd", "learning_rate": 0.5})",
                            R"({"type": "step", "step_epochs": 1, "factor": 1e-200})");
  FitOptions options;
  options.epochs = 1;
  const Trained one = run(m, options);
  Context context;
  // Without validation, the result is the last epoch's.
  const Trained three = fit(m, training_quadrants(), context);
  CHECK(one.epochs[0].learning_rate == 0.5);
  CHECK(three.epochs[1].learning_rate == doctest::Approx(0.5e-200));
  CHECK(three.epochs[1].train.loss == doctest::Approx(three.epochs[2].train.loss).epsilon(1e-12));
  CHECK(three.epochs[0].train.loss != three.epochs[1].train.loss);
  for (size_t i = 0; i < one.weights.parameters.size(); ++i) {
    CHECK(three.weights.parameters[i].to_vector() == one.weights.parameters[i].to_vector());
  }
}

TEST_CASE("training ends early when validation no longer improves") {
  const Model m = model(R"({"epochs": 40, "batch_size": 32, "early_stopping": {"patience": 2},
      "optimizer": {"type": "sgd", "learning_rate": 1e-12}})");
  const Trained result = run(m, {});
  CHECK(result.stopped_early);
  CHECK(result.epochs.size() < 40);
  CHECK(static_cast<Index>(result.epochs.size()) == result.best_epoch + 2);
}

TEST_CASE("an epoch is not saved if its last update makes a weight infinite") {
  const internal::ScratchFolder scratch;
  FitOptions options;
  options.checkpoint = scratch.path("weights.npz");
  // The gradients are finite in f32 (below 3.4e38), but not a thousand times as large.
  Examples bright = training_quadrants();
  for (Index i = 0; i < bright.x.size(); ++i) bright.x.data<float>()[i] *= 5e19F;
  const Model wild = Model::parse(R"({"name": "wild", "input": [4, 4, 1], "classes": 4,
      "layers": [{"name": "output", "type": "linear", "units": 4, "init": {"normal": 1e-3}}],
      "loss": "mean_squared_error",
      "training": {"epochs": 2, "batch_size": 130,
                   "optimizer": {"type": "sgd", "learning_rate": 999}}})",
                                  "wild.json");
  Context context;
  try {
    fit(wild, bright, context, options);
    FAIL("the infinite weight was not noticed");
  } catch (const Error& error) {
    const std::string text = error.what();
    INFO(text);
    CHECK(text.find("fit: parameter \"output/weight\" after the update is not finite at epoch 1, "
                    "batch 1 (step 1)") == 0);
  }
  CHECK_FALSE(std::filesystem::exists(options.checkpoint));
}

TEST_CASE("the error for a diverging run names epoch and batch, and keeps the older file") {
  const internal::ScratchFolder scratch;
  FitOptions options;
  options.checkpoint = scratch.path("weights.npz");
  run(model(kTraining), options);
  const std::string before = internal::file_content(options.checkpoint);
  const Model wild = Model::parse(R"({"name": "wild", "input": [4, 4, 1], "classes": 4,
      "layers": [{"type": "linear", "units": 9}, {"type": "linear", "units": 4}],
      "loss": "mean_squared_error",
      "training": {"epochs": 9, "batch_size": 32, "optimizer": {"type": "sgd", "learning_rate": 900}}})",
                                  "wild.json");
  options.overwrite = true;
  try {
    run(wild, options);
    FAIL("the run did not diverge");
  } catch (const Error& error) {
    const std::string text = error.what();
    INFO(text);
    CHECK(text.find("is not finite at epoch 1, batch ") != std::string::npos);
    CHECK(text.find("lower the learning rate (now 900") != std::string::npos);
    CHECK(text.find("the loss in the forward pass is not") != std::string::npos);
    CHECK(text.find("autonet replay " + scratch.path("weights.failed.npz")) != std::string::npos);
  }
  // The kept step fails again when it is computed anew.
  const auto loaded = internal::load_failed_step(scratch.path("weights.failed.npz"));
  const internal::FailedStep& failed = loaded.second;
  CHECK(failed.x.shape()[0] <= 32);
  Context context;
  const internal::StepReport report = internal::report_step(
      loaded.first, context, failed.weights, failed.x, failed.y, failed.step, failed.seed);
  CHECK(report.first_failure() == failed.what);
  REQUIRE(report.layers.size() == 2);
  CHECK(report.layers[1].largest_output > 0.0);
  CHECK_THROWS_AS(internal::load_failed_step(options.checkpoint), DataError);
  CHECK(internal::file_content(options.checkpoint) == before);
}

TEST_CASE("errors for images and weights of another model name both shapes") {
  const internal::ScratchFolder scratch;
  const Model m = model(kTraining);
  Examples wrong = training_quadrants();
  wrong.x = wrong.x.reshape({130, 2, 8, 1});
  Context context;
  CHECK_THROWS_WITH_AS(
      fit(m, wrong, context),
      "fit: training: the inputs are [130,2,8,1] but the model small needs [N,4,4,1]", DataError);
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
                        ": array \"conv2d_1/weight\" is [5,5,1,6] but the model needs [3,3,1,6]")
                           .c_str(),
                       DataError);
  // An array that the model does not have would be ignored without a word.
  run(m, options);
  file = load_arrays(options.checkpoint);
  file.arrays.push_back({"fc_9/bias", Array::zeros({{3}, DType::f32})});
  save_arrays(options.checkpoint, file);
  CHECK_THROWS_WITH_AS(
      load_weights(m, options.checkpoint),
      ("checkpoint " + options.checkpoint +
       ": array \"fc_9/bias\" [3] is unknown to the model small; was it written for "
       "another model?")
          .c_str(),
      DataError);
  run(m, options);
  options.resume = true;
  CHECK_THROWS_AS(run(model(R"({"epochs": 9})"), options), ModelError);  // another text
}

}  // namespace autonet
