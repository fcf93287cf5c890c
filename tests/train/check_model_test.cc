// A model prepared for check_grad: its loss as a function of f64 points.
#include "autonet/train/check_model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "autonet/autograd/error.h"
#include "autonet/check/check_grad.h"
#include "autonet/data/splits.h"
#include "data/images.h"

namespace autonet::internal {
namespace {

const char* const kModel = R"({ "name": "m", "input": [6,5,2], "classes": 3,
  "layers": [
    { "name": "conv", "type": "conv2d", "channels": 3, "kernel": 3, "bias": false },
    { "name": "norm", "type": "batch_norm", "activation": "relu" },
    { "name": "drop", "type": "dropout", "rate": 0.4 },
    { "name": "output", "type": "linear", "units": 3 } ],
  "loss": "softmax_cross_entropy",
  "training": { "epochs": 1, "seed": 5, "optimizer": { "type": "sgd", "learning_rate": 0.05 } } })";

Examples numbered_images(Index count) {
  Images images{count, 6, 5, 2, {}, {}};
  for (Index k = 0; k < count * images.image_size(); ++k) {
    images.pixels.push_back(static_cast<float>(k % 17) / 8 - 1);
  }
  for (Index n = 0; n < count; ++n) images.labels.push_back(static_cast<std::int32_t>(n % 3));
  return examples_of(std::move(images));
}

}  // namespace

TEST_CASE("batch norm and dropout with fixed masks pass, up to second order") {
  const Model model = Model::parse(kModel, "m.json");
  Context context(2);
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    CAPTURE(seed);
    const ModelUnderCheck check = model_under_check(model, context, {.seed = seed, .batch = 4});
    CHECK(check.names == std::vector<std::string>{"input", "conv/weight", "norm/weight",
                                                  "norm/bias", "output/weight", "output/bias"});
    CheckGradOptions options;
    options.seed = seed;
    options.order = 2;
    const CheckReport report = check_grad(check.loss, check.points, check.names, options);
    CHECK_MESSAGE(report.passed(), report);
  }
}

TEST_CASE("a bias before a normalization has no gradient: it passes, with a note that says so") {
  std::string text = kModel;
  text.replace(text.find(", \"bias\": false"), 15, "");
  const Model model = Model::parse(text, "m.json");
  Context context;
  const ModelUnderCheck check = model_under_check(model, context);
  const CheckReport report = check_grad(check.loss, check.points, check.names);
  CHECK_MESSAGE(report.passed(), report);
  for (const TensorCheck& tensor : report.tensors) {
    CHECK(tensor.does_nothing == (tensor.name == "conv/bias"));
  }
  CHECK(report.notes ==
        std::vector<std::string>{"conv/bias does nothing: its gradient is zero, as what it changes "
                                 "is subtracted again"});
}

TEST_CASE("the first images of a set are the input, and a burn-in changes the weights") {
  const Model model = Model::parse(kModel, "m.json");
  Context context;
  const Examples images = numbered_images(7);
  const ModelUnderCheck still =
      model_under_check(model, context, {.batch = 2, .examples = &images});
  CHECK(still.points[0].shape() == Shape{2, 6, 5, 2});
  for (size_t k = 0; k < 120; ++k) {
    CHECK(still.points[0].data<double>()[k] == double{images.x.data<float>()[k]});
  }
  const ModelUnderCheck moved =
      model_under_check(model, context, {.batch = 2, .examples = &images, .burn_in = 3});
  for (size_t i = 1; i < moved.points.size(); ++i) {
    CHECK(moved.points[i].dtype() == DType::f64);
    CHECK(moved.points[i].to_vector() != still.points[i].to_vector());
  }
  const CheckReport report = check_grad(moved.loss, moved.points, moved.names);
  CHECK_MESSAGE(report.passed(), report);
}

TEST_CASE("the model's own batches and evaluation are checked too, at biases that are not zero") {
  std::string text = kModel;
  text.replace(text.find("\"epochs\": 1"), 11, "\"epochs\": 1, \"batch_size\": 8");
  text.replace(text.find(", \"bias\": false"), 15, "");
  const Model model = Model::parse(text, "m.json");
  Context context;
  const Examples images = numbered_images(20);
  const ModelUnderCheck check = model_under_check(model, context, {.examples = &images});
  std::vector<std::string> names;
  for (const OtherUse& use : check.uses) {
    names.push_back(use.name);
    CHECK(use.points.size() == model.parameters().size());
    CHECK(use.gradient == (use.name != "evaluation"));
    Tape tape;
    std::vector<Var> xs;
    for (const Array& point : use.points) xs.push_back(tape.variable(point));
    CHECK(use.f(tape, xs).shape().size() == 1);
  }
  CHECK(names == std::vector<std::string>{"batch of 8", "batch of 4", "evaluation"});
  for (size_t i = 0; i < check.names.size(); ++i) {
    if (!check.names[i].ends_with("/bias")) continue;
    for (const double number : check.points[i].to_vector()) {
      CHECK(number != 0.0);
      CHECK(std::abs(number) < 0.3);
    }
  }
  CheckGradOptions options;
  options.uses = check.uses;
  const CheckReport report = check_grad(check.loss, check.points, check.names, options);
  CHECK_MESSAGE(report.passed(), report);
  for (const std::string claim : {"f32, batch of 8", "rules, batch of 4", "f32, evaluation"}) {
    CHECK_MESSAGE(std::ranges::count(report.claims, claim, &ClaimCheck::name) == 1, claim);
  }
}

TEST_CASE("too few images, or of another shape, are an error") {
  const Model model = Model::parse(kModel, "m.json");
  Context context;
  const Examples images = numbered_images(2);
  CHECK_THROWS_WITH_AS(model_under_check(model, context, {.batch = 3, .examples = &images}),
                       "check_grad: there are 2 examples, fewer than the batch of 3", DataError);
  Examples others = images;
  others.x = others.x.slice(3, 0, 1);
  CHECK_THROWS_AS(model_under_check(model, context, {.batch = 1, .examples = &others}), DataError);
}

}  // namespace autonet::internal
