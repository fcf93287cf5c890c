// fit() with what good accuracy needs: random changes of images, clipped gradients, averaged
// weights and a learning rate that falls on a plateau.
#include <atomic>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/evaluate.h"
#include "autonet/train/weights.h"
#include "tests/train/quadrants.h"
#include "train/average.h"
#include "train/run_state.h"
#include "train/schedule.h"

namespace autonet {
namespace {

/// A model with everything that carries state, on images that are changed at random.
Model changing(const std::string& training, const std::vector<std::string>& settings = {}) {
  return Model::parse(R"({"name": "small", "input": [4, 4, 1], "classes": 4,
      "data": {"file": "x.npz", "augment": {"shift": 1, "rotate": 10, "scale": 0.1, "shear": 0.1,
        "flip": "horizontal", "crop": {"padding": 1}, "elastic": {"amount": 0.2, "spacing": 2},
        "noise": 0.1, "cutout": 1, "fill": 0, "mixup": 0.4}},
      "layers": [{"type": "conv2d", "channels": 6, "kernel": 3, "padding": 1,
                  "activation": "relu"},
      {"type": "batch_norm"}, {"type": "max_pool2d", "kernel": 2},
      {"type": "linear", "units": 4}], "training": )" +
                          training + "}",
                      "small.json", settings);
}

constexpr const char* kRecipe =
    R"({"epochs": 4, "batch_size": 32, "clip_norm": 0.5, "ema": 0.9,
        "optimizer": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9},
        "schedule": {"type": "plateau", "factor": 0.5, "patience": 1}})";

struct Stopper : FitObserver {
  explicit Stopper(int steps) : left(steps) {}
  void on_batch(Index, Index, Index, double) override { stop = --left <= 0; }
  int left;
  std::atomic<bool> stop{false};
};

/// The gradients' norm and the parameters of the first steps.
struct Recorder : FitObserver {
  void on_gradients(const StepArrays& step) override {
    Context context;
    norms.push_back(internal::norm_of(context, step.gradients));
    values.push_back(step.parameters[0].to_vector());
    gradients.push_back(step.gradients[0].to_vector());
  }
  std::vector<double> norms;
  std::vector<std::vector<double>> values;
  std::vector<std::vector<double>> gradients;
};

}  // namespace

TEST_CASE("a whole recipe gives the same files for any threads, and stopped anywhere") {
  const internal::ScratchFolder scratch;
  FitOptions whole;
  whole.checkpoint = scratch.path("whole.npz");
  run(changing(kRecipe), whole);
  const std::string bytes = internal::file_content(whole.checkpoint);
  const std::string run_bytes = internal::file_content(scratch.path("whole.run.npz"));
  FitOptions other;
  other.checkpoint = scratch.path("threads.npz");
  run(changing(kRecipe), other, 3);
  CHECK(internal::file_content(other.checkpoint) == bytes);
  for (const int steps : {1, 4, 5, 7, 13}) {
    INFO("stopped after " << steps << " batches");
    Stopper stopper(steps);
    FitOptions options;
    options.checkpoint = scratch.path("part" + std::to_string(steps) + ".npz");
    options.observer = &stopper;
    options.stop = &stopper.stop;
    CHECK(run(changing(kRecipe), options).stopped);
    options.observer = nullptr;
    options.stop = nullptr;
    options.resume = true;
    run(changing(kRecipe), options);
    CHECK(internal::file_content(options.checkpoint) == bytes);
    CHECK(internal::file_content(internal::run_file_of(options.checkpoint)) == run_bytes);
  }
}

TEST_CASE("training images are changed anew in each epoch; those of validation are not") {
  // Nothing is learnt, so that every loss is that of the same weights.
  const std::string still =
      R"({"epochs": 2, "batch_size": 200, "optimizer": {"type": "sgd", "learning_rate": 1e-12}})";
  const Trained changed = run(changing(still), {});
  CHECK(changed.epochs[0].train.loss != changed.epochs[1].train.loss);
  const Model none = Model::parse(
      R"({"name": "small", "input": [4, 4, 1], "classes": 4, "layers": [
          {"type": "conv2d", "channels": 6, "kernel": 3, "padding": 1, "activation": "relu"},
          {"type": "batch_norm"}, {"type": "max_pool2d", "kernel": 2},
          {"type": "linear", "units": 4}], "training": )" +
          still + "}",
      "small.json");
  const Trained plainly = run(none, {});
  CHECK(plainly.epochs[0].train.loss == doctest::Approx(plainly.epochs[1].train.loss));
  CHECK(plainly.epochs[0].train.loss != doctest::Approx(changed.epochs[0].train.loss));
}

TEST_CASE("gradients are scaled down together to the largest norm") {
  const std::string training =
      R"({"epochs": 1, "batch_size": 65, "shuffle": false, "clip_norm": 0.25,
          "optimizer": {"type": "sgd", "learning_rate": 0.5}})";
  Recorder recorder;
  FitOptions options;
  options.observer = &recorder;
  run(changing(training), options);
  REQUIRE(recorder.norms[0] > 0.25);
  const double factor = 0.25 / recorder.norms[0];
  for (size_t i = 0; i < recorder.values[0].size(); ++i) {
    CHECK(recorder.values[1][i] ==
          doctest::Approx(recorder.values[0][i] - 0.5 * factor * recorder.gradients[0][i])
              .epsilon(1e-4));
  }
  // A norm that is not reached changes nothing.
  Recorder large;
  options.observer = &large;
  run(changing(training, {"training.clip_norm=1e6"}), options);
  for (size_t i = 0; i < large.values[0].size(); ++i) {
    CHECK(large.values[1][i] ==
          doctest::Approx(large.values[0][i] - 0.5 * large.gradients[0][i]).epsilon(1e-4));
  }
}

TEST_CASE("the norm of arrays and a moving average, by hand") {
  Context context(2);
  const Array a = Array::from<float>({2, 2}, {1, 2, 3, 4});
  const Array b = Array::from<double>({2}, {5, 3});
  CHECK(internal::norm_of(context, std::vector<Array>{a, b}) == 8.0);
  CHECK(internal::norm_of(context, std::vector<Array>{a.slice(1, 1, 1)}) ==
        doctest::Approx(std::sqrt(20.0)));
  CHECK(internal::kept_fraction(0.9, 1) == doctest::Approx(2.0 / 11));
  CHECK(internal::kept_fraction(0.9, 1000) == 0.9);
  const Weights weights{.parameters = {a}, .states = {b}};
  Weights average{.parameters = {Array::full({{2, 2}, DType::f32}, 2.0)},
                  .states = {Array::zeros({{2}, DType::f64})}};
  internal::move_average(context, weights, 0.75, average);
  CHECK(average.parameters[0].to_vector() == std::vector<double>{1.75, 2, 2.25, 2.5});
  CHECK(average.states[0].to_vector() == std::vector<double>{1.25, 0.75});
}

TEST_CASE("averaged weights are those that are validated and saved; the last ones train on") {
  const internal::ScratchFolder scratch;
  const std::string training =
      R"({"epochs": 1, "batch_size": 65, "ema": 0.5,
          "optimizer": {"type": "sgd", "learning_rate": 0.1}})";
  const Model m = changing(training);
  Recorder recorder;
  FitOptions options;
  options.observer = &recorder;
  options.checkpoint = scratch.path("m.npz");
  const Trained trained = run(m, options);
  const ArrayFile file = load_arrays(scratch.path("m.run.npz"));
  const auto array = [&](const std::string& name) {
    for (const NamedArray& named : file.arrays) {
      if (named.name == name) return named.array.to_vector();
    }
    FAIL("no array " << name);
    return std::vector<double>{};
  };
  const std::string name = m.parameters()[0].name;
  const std::vector<double> last = array("run/last/" + name);
  const std::vector<double> best = trained.weights.parameters[0].to_vector();
  CHECK(array("run/average/" + name) == best);
  CHECK(array(name) == best);
  // Steps 1 and 2 keep 2/11 and 3/12 of the average, which begins as the initial weights.
  for (size_t i = 0; i < best.size(); ++i) {
    const double first = 2.0 / 11 * recorder.values[0][i] + 9.0 / 11 * recorder.values[1][i];
    CHECK(best[i] == doctest::Approx(0.25 * first + 0.75 * last[i]).epsilon(1e-4));
  }
  CHECK(best != last);
  Context context;
  CHECK(evaluate(m, validation_quadrants(), trained.weights, context).loss ==
        trained.epochs[0].validation->loss);
}

TEST_CASE("the rate falls after epochs without a better loss, and begins to count anew") {
  ScheduleSettings s;
  s.type = ScheduleSettings::Type::plateau;
  s.factor = 0.5;
  s.patience = 2;
  const double losses[] = {3, 2, 2, 2.5, 1.9, 1.9, 1.9, 1.9, 1.9};
  const double factors[] = {1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125};
  std::vector<EpochReport> epochs;
  CHECK(internal::plateau_factor(s, epochs) == 1.0);
  for (size_t i = 0; i < 9; ++i) {
    EpochReport report;
    report.train.loss = 100.0 - static_cast<double>(i);  // gets better
    report.validation = Metrics{.loss = losses[i]};
    epochs.push_back(report);
    CHECK(internal::plateau_factor(s, epochs) == factors[i]);
  }
  for (EpochReport& report : epochs) report.validation.reset();
  CHECK(internal::plateau_factor(s, epochs) == 1.0);
  s.type = ScheduleSettings::Type::constant;
  for (EpochReport& report : epochs) report.train.loss = 1.0;
  CHECK(internal::plateau_factor(s, epochs) == 1.0);
  // The rate that a run reports is that of the schedule.
  const Trained trained = run(changing(kRecipe, {"training.optimizer.learning_rate=1e-9"}), {});
  for (size_t i = 0; i < trained.epochs.size(); ++i) {
    const std::span<const EpochReport> before(trained.epochs.data(), i);
    CHECK(trained.epochs[i].learning_rate ==
          doctest::Approx(1e-9 *
                          internal::plateau_factor(changing(kRecipe).training().schedule, before)));
  }
}

}  // namespace autonet
