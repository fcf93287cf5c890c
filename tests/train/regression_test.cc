// Regression: models with "outputs" learn real numbers from vectors, in the library.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include "autonet/autograd/random.h"
#include "autonet/check/check_grad.h"
#include "autonet/train/check_model.h"
#include "autonet/train/evaluate.h"
#include "autonet/train/fit.h"
#include "autonet/train/predictor.h"
#include "tests/data/scratch.h"

namespace autonet {
namespace {

Model linear_model(const std::string& loss, const std::string& training) {
  return Model::parse(R"({"name": "line", "input": [3], "outputs": 2,
      "layers": [{"type": "linear", "units": 2}], "loss": )" +
                          loss + R"(, "training": )" + training + "}",
                      "line.json");
}

/// y = x a + b for random x [n,3].
Examples lines(Index n, std::uint64_t seed) {
  Array x = Array::uninitialized({{n, 3}, DType::f64});
  Array y = Array::uninitialized({{n, 2}, DType::f64});
  Random random(seed);
  for (Index i = 0; i < n; ++i) {
    const double u = random.uniform(-1, 1), v = random.uniform(-1, 1), w = random.uniform(-1, 1);
    x.set({i, 0}, u);
    x.set({i, 1}, v);
    x.set({i, 2}, w);
    y.set({i, 0}, 2 * u - v + 0.5);
    y.set({i, 1}, w - 3 * u - 0.25);
  }
  return {.x = x, .y = y};
}

const char* const kTraining = R"({"epochs": 60, "batch_size": 16, "precision": "f64",
    "optimizer": {"type": "sgd", "learning_rate": 0.3}})";

}  // namespace

TEST_CASE("a linear model finds the plane that its targets lie on, by either loss") {
  Context context;
  for (const std::string loss : {R"("mean_squared_error")", R"({"type": "huber", "delta": 0.5})"}) {
    CAPTURE(loss);
    const Model model = linear_model(loss, kTraining);
    CHECK(model.classes() == 0);
    CHECK(model.outputs() == 2);
    const Trained trained = fit(model, lines(150, 1), context, {.validation = lines(40, 2)});
    const std::vector<double> expected = {2, -3, -1, 0, 0, 1};
    const std::vector<double> w = trained.weights.parameters[0].to_vector();
    for (size_t i = 0; i < w.size(); ++i) CHECK(std::abs(w[i] - expected[i]) < 1e-3);
    CHECK(trained.weights.parameters[1].at({0}) == doctest::Approx(0.5).epsilon(1e-3));
    CHECK(trained.epochs.back().train.rmse < 1e-2);
    CHECK(trained.epochs.back().train.accuracy == 0.0);
    CHECK(trained.epochs.back().validation->rmse < trained.epochs.front().validation->rmse);
    CHECK(trained.best_epoch > 30);
  }
}

TEST_CASE("loss and root mean squared error by hand") {
  Context context;
  Weights weights{
      .parameters = {Array::zeros({{3, 2}, DType::f64}), Array::from<double>({2}, {1, -1})},
      .states = {}};
  const Examples examples{.x = Array::zeros({{2, 3}, DType::f64}),
                          .y = Array::from<double>({2, 2}, {1, 0, 4, -3})};
  // Outputs 1, -1 and 1, -1: differences 0, -1, -3, 2.
  const Metrics squares =
      evaluate(linear_model(R"("mean_squared_error")", kTraining), examples, weights, context);
  CHECK(squares.loss == doctest::Approx(14.0 / 4));
  CHECK(squares.rmse == doctest::Approx(std::sqrt(14.0 / 4)));
  const Metrics huber = evaluate(linear_model(R"({"type": "huber", "delta": 2})", kTraining),
                                 examples, weights, context);
  CHECK(huber.loss == doctest::Approx((0 + 0.5 + 4 + 2) / 4));
  CHECK(huber.rmse == doctest::Approx(std::sqrt(14.0 / 4)));
}

TEST_CASE("a trained model is saved and loaded whole, and predicts numbers without classes") {
  const internal::ScratchFolder folder;
  Context context;
  const Trained trained = fit(linear_model(R"("huber")", kTraining), lines(64, 1), context,
                              {.validation_share = 0.25, .epochs = 2});
  trained.save(folder.path("line.safetensors"));
  const Trained loaded = load_trained(folder.path("line.safetensors"));
  CHECK(loaded.model.text() == trained.model.text());
  const Array x = lines(5, 3).x;
  const Prediction prediction = Predictor(loaded)(x);
  CHECK(prediction.outputs.shape() == Shape{5, 2});
  CHECK(prediction.classes.empty());
  CHECK(prediction.outputs.to_vector() == Predictor(trained)(x).outputs.to_vector());
  save_arrays(folder.path("x.npz"), {.arrays = {{"x", x}}, .texts = {}});
  CHECK_THROWS_AS(load_trained(folder.path("x.npz")), DataError);
}

TEST_CASE("a resumed run of regression has the bytes of an uninterrupted one") {
  const internal::ScratchFolder folder;
  Context context;
  const Model model = linear_model(R"("mean_squared_error")", kTraining);
  // A seed that is not the model's: the resumed run must hold out the same examples.
  FitOptions options{
      .validation_share = 0.3, .epochs = 3, .seed = 5, .checkpoint = folder.path("a.npz")};
  fit(model, lines(50, 1), context, options);
  options.checkpoint = folder.path("b.npz");
  std::atomic<bool> stop{false};
  struct Stopper : FitObserver {
    explicit Stopper(std::atomic<bool>& s) : flag(s) {}
    void on_batch(Index epoch, Index batch, Index, double) override {
      flag = epoch == 2 && batch == 2;
    }
    std::atomic<bool>& flag;
  } stopper(stop);
  options.stop = &stop;
  options.observer = &stopper;
  CHECK(fit(model, lines(50, 1), context, options).stopped);
  options.stop = nullptr;
  options.seed.reset();
  options.resume = true;
  fit(model, lines(50, 1), context, options);
  CHECK(internal::file_content(folder.path("a.npz")) ==
        internal::file_content(folder.path("b.npz")));
}

TEST_CASE("labels in every integer type train to the same weights, also by a squared error") {
  Context context;
  const Model model = Model::parse(R"({"input": [3], "classes": 4,
      "layers": [{"type": "linear", "units": 4}], "loss": "mean_squared_error",
      "training": {"epochs": 2, "batch_size": 5}})",
                                   "c.json");
  const Array x = lines(12, 4).x;
  const std::vector<int> labels = {0, 1, 2, 3, 0, 1, 2, 3, 3, 2, 1, 0};
  const std::vector<std::uint8_t> bytes(labels.begin(), labels.end());
  const std::vector<std::int64_t> longs(labels.begin(), labels.end());
  const std::vector<double> doubles(labels.begin(), labels.end());
  const auto weights = [&](const Targets& y) {
    return fit(model, {.x = x, .y = y}, context).weights.parameters[0].to_vector();
  };
  const std::vector<double> expected = weights(labels);
  CHECK(weights(bytes) == expected);
  CHECK(weights(longs) == expected);
  CHECK(weights(std::span<const int>(labels)) == expected);
  CHECK(weights(view(doubles, {12})) == expected);
  CHECK(model.classes() == 4);
}

TEST_CASE("check_grad passes for regression on vectors") {
  Context context;
  const Model model = Model::parse(R"({"input": [3], "outputs": 2,
      "layers": [{"type": "linear", "units": 5, "activation": "tanh"},
                 {"type": "linear", "units": 2}], "loss": {"type": "huber", "delta": 0.7}})",
                                   "r.json");
  const Examples examples = lines(8, 5);
  for (const Examples* given : {static_cast<const Examples*>(nullptr), &examples}) {
    const ModelUnderCheck check = model_under_check(model, context, {.examples = given});
    CHECK(check.points[0].shape() == Shape{3, 3});
    CheckGradOptions options;
    options.uses = check.uses;
    const CheckReport report = check_grad(check.loss, check.points, check.names, options);
    CHECK_MESSAGE(report.passed(), report);
  }
}

}  // namespace autonet
