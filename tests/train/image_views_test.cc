// Answers averaged over views of an image.
#include "autonet/train/image_views.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/train/evaluate.h"
#include "autonet/train/predictor.h"

namespace autonet {
namespace {

/// A model whose six outputs are the pixels of its image [2,3,1].
Model pixels(const std::string& augment = "{}") {
  return Model::parse(R"({"name": "pixels", "input": [2,3,1], "outputs": 6,
    "data": {"file": "x.npz", "augment": )" +
                          augment + R"(}, "layers": [{"type": "linear", "units": 6}],
    "loss": "mean_squared_error", "training": {"precision": "f64"}})",
                      "pixels.json");
}

Weights identity(const Model& model) {
  Weights weights = model.initial_weights(DType::f64, 1);
  weights.parameters[0].fill(0.0);
  for (Index i = 0; i < 6; ++i) weights.parameters[0].set({i, i}, 1.0);
  return weights;
}

/// The outputs of pixels() for the image 1 2 3 / 4 5 6, times the number of views.
std::vector<double> sums(const Model& model, const ImageViews& views) {
  Context context;
  const Array image = Array::from<double>({1, 2, 3, 1}, {1, 2, 3, 4, 5, 6});
  std::vector<double> outputs =
      predict(model, identity(model), image, context, views).outputs.to_vector();
  for (double& output : outputs) {
    output = std::round(output * static_cast<double>(views.count()) * 1e9) / 1e9;
  }
  return outputs;
}

Model classifier(double smoothing) {
  return Model::parse(R"({"name": "small", "input": [5,4,2], "classes": 3,
    "layers": [{"type": "conv2d", "channels": 4, "kernel": 3, "activation": "tanh"},
               {"type": "batch_norm"}, {"type": "linear", "units": 3}],
    "loss": {"type": "softmax_cross_entropy", "label_smoothing": )" +
                          std::to_string(smoothing) + R"(}, "training": {"precision": "f64"}})",
                      "small.json");
}

Examples random_images(Index count) {
  Array x = Array::uninitialized({{count, 5, 4, 2}, DType::f64});
  std::vector<int> labels;
  Random random(17);
  for (Index i = 0; i < x.size(); ++i) x.data<double>()[i] = random.uniform(-1, 1);
  for (Index n = 0; n < count; ++n) labels.push_back(static_cast<int>(random.below(3)));
  return {.x = x, .y = labels};
}

Array mirrored(const Array& images) {
  Array result = images.clone();
  for (Index col = 0; col < 4; ++col) {
    result.slice(2, col, 1).copy_from(images.slice(2, 3 - col, 1));
  }
  return result;
}

}  // namespace

TEST_CASE("the mean over mirrored and moved images, by hand") {
  CHECK(ImageViews{}.count() == 1);
  CHECK(ImageViews{.flip = true, .shift = 2}.count() == 10);
  const Model model = pixels();
  CHECK(sums(model, {}) == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(sums(model, {.flip = true}) == std::vector<double>{4, 4, 4, 10, 10, 10});
  // Itself, 4 5 6 / 4 5 6, 1 2 3 / 1 2 3, 2 3 3 / 5 6 6 and 1 1 2 / 4 4 5.
  CHECK(sums(model, {.shift = 1}) == std::vector<double>{9, 13, 17, 18, 22, 26});
  CHECK(sums(model, {.flip = true, .shift = 1}) == std::vector<double>{26, 26, 26, 44, 44, 44});
  // Itself, 4 5 6 / 0 0 0, 0 0 0 / 1 2 3, 2 3 0 / 5 6 0 and 0 1 2 / 0 4 5.
  CHECK(sums(pixels("{\"fill\": 0}"), {.shift = 1}) == std::vector<double>{7, 11, 11, 10, 17, 14});
}

TEST_CASE("probabilities are averaged, and the loss is that of the mean") {
  for (const double smoothing : {0.0, 0.2}) {
    CAPTURE(smoothing);
    const Model model = classifier(smoothing);
    const Weights weights = model.initial_weights(DType::f64, 3);
    const Examples examples = random_images(301);  // the last batches are smaller
    Context context(2);
    const auto probabilities = [&](const Array& x, const ImageViews& views) {
      return predict(model, weights, x, context, views).outputs;
    };
    const Array plain = probabilities(examples.x, {});
    const Array other = probabilities(mirrored(examples.x), {});
    const ImageViews flip{.flip = true};
    const Array mean = probabilities(examples.x, flip);
    double loss = 0.0;
    double right = 0.0;
    for (Index n = 0; n < 301; ++n) {
      const auto label = static_cast<Index>(examples.y.numbers().at({n}));
      Index best = 0;
      for (Index k = 0; k < 3; ++k) {
        const double p = 0.5 * (plain.at({n, k}) + other.at({n, k}));
        CHECK(mean.at({n, k}) == doctest::Approx(p).epsilon(1e-12));
        loss -= ((k == label ? 1.0 - smoothing : 0.0) + smoothing / 3.0) * std::log(p) / 301.0;
        if (mean.at({n, k}) > mean.at({n, best})) best = k;
      }
      right += best == label ? 1.0 / 301.0 : 0.0;
    }
    const Metrics metrics = evaluate(model, examples, weights, context, flip);
    CHECK(metrics.loss == doctest::Approx(loss).epsilon(1e-12));
    CHECK(metrics.accuracy == doctest::Approx(right));
    CHECK(metrics.loss != evaluate(model, examples, weights, context).loss);
    Context one;
    CHECK(evaluate(model, examples, weights, one, flip).loss == metrics.loss);
    const Predictor predictor(model, weights, {.max_batch = 8, .views = flip});
    CHECK(predictor(examples.x).outputs.to_vector() == mean.to_vector());
  }
}

TEST_CASE("a probability that is too small for its number type has a finite loss") {
  const Model model = Model::parse(R"({"name": "two", "input": [2,2,1], "classes": 2,
      "layers": [{"type": "linear", "units": 2}]})",
                                   "two.json");
  Weights weights = model.initial_weights(DType::f32, 1);
  weights.parameters[0].fill(0.0);
  weights.parameters[1].set({0}, 500.0);
  const Examples examples{.x = Array::zeros({{1, 2, 2, 1}, DType::f32}), .y = std::vector<int>{1}};
  Context context;
  CHECK(evaluate(model, examples, weights, context, {.flip = true, .shift = 1}).loss ==
        doctest::Approx(500.0));
}

TEST_CASE("views of other inputs than images, and images moved too far, are refused") {
  const Model vectors = Model::parse(
      R"({"name": "v", "input": [6], "classes": 2, "layers": [{"type": "linear", "units": 2}]})",
      "v.json");
  const Weights weights = vectors.initial_weights(DType::f32, 1);
  Context context;
  CHECK_THROWS_WITH_AS(evaluate(vectors, {}, weights, context, {.flip = true}),
                       "evaluate: views of images are to be averaged, but the model v reads [6], "
                       "not [rows,columns,channels]",
                       ModelError);
  const Model model = pixels();
  const Array image = Array::zeros({{1, 2, 3, 1}, DType::f64});
  for (const Index shift : {Index{-1}, Index{2}}) {
    CHECK_THROWS_WITH_AS(
        predict(model, identity(model), image, context, {.shift = shift}),
        ("predict: images [2,3,1] can be moved by 1 to 1 pixels, got " + std::to_string(shift))
            .c_str(),
        ModelError);
  }
  CHECK_THROWS_AS(Predictor(vectors, weights, {.views = {.shift = 1}}), ModelError);
}

}  // namespace autonet
