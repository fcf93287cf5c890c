#include "autonet/train/predictor.h"

#include <doctest/doctest.h>

#include <cmath>
#include <thread>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "autonet/train/evaluate.h"

namespace autonet {
namespace {

Model small_model(const std::string& loss, const std::string& precision = "f32") {
  return Model::parse(R"({
    "name": "small", "input": [5, 4, 2], "classes": 3,
    "layers": [
      { "type": "conv2d", "channels": 4, "kernel": 3, "padding": 1, "activation": "tanh" },
      { "type": "batch_norm" },
      { "type": "linear", "units": 3 }
    ],
    "loss": ")" + loss + R"(",
    "training": { "precision": ")" +
                          precision + R"(" }
  })",
                      "small");
}

/// Weights whose states are not those of the start either.
Weights random_weights(const Model& model, DType dtype) {
  Weights weights = model.initial_weights(dtype, 3);
  for (Array& state : weights.states) state.fill(0.7);
  return weights;
}

Array random_images(Index count, DType dtype = DType::f32) {
  Array images = Array::uninitialized({{count, 5, 4, 2}, DType::f64});
  Random random(17);
  for (Index i = 0; i < images.size(); ++i) images.data<double>()[i] = random.uniform(-1, 1);
  return images.to(dtype);
}

/// What the model says about one image, computed on a tape.
std::vector<double> on_tape(const Model& model, const Weights& weights, const Array& image) {
  Tape tape;
  std::vector<Var> parameters, states;
  for (const Array& p : weights.parameters) parameters.push_back(tape.variable(p));
  for (const Array& s : weights.states) states.push_back(tape.variable(s));
  const Recorded recorded =
      model.record(tape.constant(image), parameters, states, Model::Mode::evaluation,
                   tape.constant(Array::scalar(0, DType::f64)));
  return recorded.output.value().to_vector();
}

TEST_CASE("probabilities are the softmax of the model's output, in evaluation mode") {
  const Model model = small_model("softmax_cross_entropy", "f64");
  const Weights weights = random_weights(model, DType::f64);
  const Array images = random_images(7, DType::f64);
  Context context(2);
  const Prediction prediction = predict(model, weights, images, context);
  REQUIRE(prediction.outputs.shape() == Shape{7, 3});
  REQUIRE(prediction.classes.size() == 7);
  for (Index n = 0; n < 7; ++n) {
    CAPTURE(n);
    const std::vector<double> z = on_tape(model, weights, images.slice(0, n, 1));
    const double sum = std::exp(z[0]) + std::exp(z[1]) + std::exp(z[2]);
    Index best = 0;
    for (Index k = 0; k < 3; ++k) {
      CHECK(prediction.outputs.at({n, k}) ==
            doctest::Approx(std::exp(z[static_cast<size_t>(k)]) / sum).epsilon(1e-12));
      if (z[static_cast<size_t>(k)] > z[static_cast<size_t>(best)]) best = k;
    }
    CHECK(prediction.classes[static_cast<size_t>(n)] == best);
  }
}

TEST_CASE("a model of squared errors predicts its output") {
  const Model model = small_model("mean_squared_error", "f64");
  const Weights weights = random_weights(model, DType::f64);
  const Array images = random_images(1, DType::f64);
  Context context;
  const std::vector<double> z = on_tape(model, weights, images);
  const std::vector<double> y = predict(model, weights, images, context).outputs.to_vector();
  for (size_t k = 0; k < 3; ++k) CHECK(y[k] == doctest::Approx(z[k]).epsilon(1e-12));
}

TEST_CASE("a predictor cuts requests of any size into pieces") {
  const Model model = small_model("softmax_cross_entropy");
  const Weights weights = random_weights(model, DType::f32);
  const Predictor predictor(model, weights, {.max_batch = 4});
  const Array images = random_images(11);
  Context context;
  const std::vector<double> expected = predict(model, weights, images, context).outputs.to_vector();
  for (const Index count : {0, 1, 3, 4, 5, 11}) {
    CAPTURE(count);
    // The dtype of the images and their layout do not matter.
    const Prediction prediction = predictor(images.slice(0, 0, count).to(DType::f64));
    CHECK(prediction.outputs.shape() == Shape{count, 3});
    CHECK(static_cast<Index>(prediction.classes.size()) == count);
    const std::vector<double> numbers = prediction.outputs.to_vector();
    for (size_t i = 0; i < numbers.size(); ++i)
      CHECK(numbers[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  }
}

TEST_CASE("eight threads that share a predictor get the bits that one gets") {
  const Model model = small_model("softmax_cross_entropy");
  const Predictor predictor(model, random_weights(model, DType::f32), {.max_batch = 8});
  const Array images = random_images(40);
  std::vector<std::vector<double>> expected;
  for (Index first = 0; first < 8; ++first)
    expected.push_back(predictor(images.slice(0, 4 * first, 1 + first)).outputs.to_vector());
  std::vector<int> wrong(8, 0);
  std::vector<std::thread> threads;
  for (Index t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (Index round = 0; round < 50; ++round) {
        const Index which = (t + round) % 8;
        const Prediction own = predictor(images.slice(0, 4 * which, 1 + which));
        if (own.outputs.to_vector() != expected[static_cast<size_t>(which)])
          ++wrong[static_cast<size_t>(t)];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) CHECK(count == 0);
}

TEST_CASE("a predictor keeps the weights that it was made with") {
  const Model model = small_model("softmax_cross_entropy");
  Weights weights = random_weights(model, DType::f32);
  const Predictor predictor(model, weights);
  const std::vector<double> before = predictor(random_images(3)).outputs.to_vector();
  for (Array& parameter : weights.parameters) parameter.fill(0.0);
  CHECK(predictor(random_images(3)).outputs.to_vector() == before);
}

TEST_CASE("predicting names a pixel that is not finite") {
  const Model model = small_model("softmax_cross_entropy");
  const Weights weights = random_weights(model, DType::f32);
  Context context;
  Array images = random_images(3);
  images.set({2, 0, 1, 1}, std::nan(""));
  CHECK_THROWS_WITH_AS(predict(model, weights, images, context),
                       "predict: pixel 3 of image 2 is nan; all pixels must be finite", DataError);
  CHECK_THROWS_AS(Predictor(model, weights)(images), DataError);
}

TEST_CASE("predicting refuses images and weights that do not fit") {
  const Model model = small_model("softmax_cross_entropy");
  const Weights weights = random_weights(model, DType::f32);
  const Predictor predictor(model, weights);
  CHECK_THROWS_WITH_AS(predictor(Array::zeros({{3, 4, 5, 2}, DType::f32})),
                       "predict: the inputs are [3,4,5,2] but the model small needs [N,5,4,2]",
                       Error);
  CHECK_THROWS_AS(predictor(Array()), Error);
  CHECK_THROWS_AS(Predictor(model, Weights()), Error);
  CHECK_THROWS_WITH_AS(Predictor(model, weights, {.max_batch = 0}),
                       "Predictor: max_batch must be from 1 to 1048576, got 0", Error);
  // After an error it still answers.
  CHECK(predictor(random_images(2)).classes.size() == 2);
}

}  // namespace
}  // namespace autonet
