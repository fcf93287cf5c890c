// Images from the host's own memory: everything that is wrong with them is refused before the first
// step, by each function that takes images.
#include "train/check_images.h"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/train/check_model.h"
#include "autonet/train/evaluate.h"
#include "autonet/train/fit.h"
#include "tests/data/scratch.h"
#include "train/random_images.h"
#include "train/step.h"

namespace autonet::internal {
namespace {

Model small_model() {
  return Model::parse(R"({"name": "small", "input": [2, 3, 1], "classes": 4,
      "layers": [{"type": "linear", "units": 4}], "loss": "softmax_cross_entropy",
      "training": {"epochs": 1, "batch_size": 3}})",
                      "small.json");
}

Splits splits_of(const Images& train, const Images& validation) {
  Splits splits;
  splits.train = train;
  splits.validation = validation;
  splits.classes = 4;
  return splits;
}

}  // namespace

TEST_CASE("images that do not hold what they say are refused by every function that takes images") {
  const Model model = small_model();
  const Images good = random_images(model, 5, 11);
  struct Case {
    std::function<void(Images&)> spoil;
    std::string error;
  };
  constexpr Index kHuge = Index{1} << 40;
  const std::vector<Case> cases = {
      {[](Images& i) { i.pixels.pop_back(); },
       "5 images of [2,3,1] need 30 pixels, but there are 29"},
      {[](Images& i) { i.pixels.clear(); }, "5 images of [2,3,1] need 30 pixels, but there are 0"},
      {[](Images& i) { i.labels.pop_back(); }, "5 images need as many labels, but there are 4"},
      {[](Images& i) { i.count = 6; }, "6 images of [2,3,1] need 36 pixels, but there are 30"},
      {[](Images& i) { i.count = -1; },
       "counts and lengths must be at least 0, got -1 images of [2,3,1]"},
      {[](Images& i) { i.rows = -2; },
       "counts and lengths must be at least 0, got 5 images of [-2,3,1]"},
      {[](Images& i) { i.rows = i.cols = kHuge; },
       "5 images of [1099511627776,1099511627776,1] need 6.044629098073146e+24 pixels, but there "
       "are 30"},
      {[](Images& i) { i.count = kHuge << 22; },
       "4611686018427387904 images of [2,3,1] need 27670116110564327424 pixels, but there are "
       "30"},
      {[](Images& i) { std::swap(i.rows, i.cols); },
       "the images are [3,2,1] but the model small needs [2,3,1]"},
      {[](Images& i) { i.labels[3] = 4; }, "label 4 of image 3 is outside the model's 4 classes"},
      {[](Images& i) { i.labels[0] = -1; }, "label -1 of image 0 is outside the model's 4 classes"},
      {[](Images& i) { i.pixels[7] = std::numeric_limits<float>::quiet_NaN(); },
       "pixel 1 of image 1 is nan; all pixels must be finite"},
      {[](Images& i) { i.pixels[29] = -std::numeric_limits<float>::infinity(); },
       "pixel 5 of image 4 is -inf; all pixels must be finite"},
  };
  Context context;
  FitObserver silent;
  const Weights weights = model.initial_weights(DType::f32, 1);
  for (const Case& spoilt : cases) {
    CAPTURE(spoilt.error);
    Images bad = good;
    spoilt.spoil(bad);
    const auto refused = [&](const char* who, const std::function<void()>& call) {
      CAPTURE(who);
      const std::string error = error_text<DataError>(call);
      CAPTURE(error);
      CHECK(error.starts_with(who));
      CHECK(error.find(spoilt.error) != std::string::npos);
    };
    refused("fit: training: ", [&] { fit(model, splits_of(bad, {}), context, {}, silent); });
    refused("fit: validation: ", [&] { fit(model, splits_of(good, bad), context, {}, silent); });
    refused("evaluate: ", [&] { evaluate(model, bad, weights, context); });
    refused("check_grad: ",
            [&] { model_under_check(model, {.batch = 2, .images = &bad}, context); });
  }
}

TEST_CASE("vectors longer than the number of images needs are used in part") {
  const Model model = small_model();
  Images images = random_images(model, 5, 12);
  images.count = 4;
  images.labels[4] = 77;
  check_images(model, images, "test");
  Context context;
  const Weights weights = model.initial_weights(DType::f32, 1);
  Images cut = images;
  cut.pixels.resize(24);
  cut.labels.resize(4);
  CHECK(evaluate(model, images, weights, context).accuracy ==
        evaluate(model, cut, weights, context).accuracy);
}

TEST_CASE("negative numbers of images, batches and epochs are refused") {
  const Model model = small_model();
  Context context;
  FitObserver silent;
  Images images = random_images(model, 5, 13);
  FitOptions options;
  options.epochs = -1;
  CHECK(error_text<ModelError>([&] {
          fit(model, splits_of(images, {}), context, options, silent);
        }) == "fit: epochs must be at least 0, got -1");
  for (const Index batch : {Index{0}, Index{-3}}) {
    const std::string expected =
        "check_grad: the batch must have at least one image, got " + std::to_string(batch);
    CHECK(error_text<Error>([&] { model_under_check(model, {.batch = batch}, context); }) ==
          expected);
    CHECK(error_text<Error>([&] {
            model_under_check(model, {.batch = batch, .images = &images}, context);
          }) == expected);
  }
  images.count = 0;
  CHECK(error_text<DataError>([&] { fit(model, splits_of(images, {}), context, {}, silent); }) ==
        "fit: there are no training images");
}

TEST_CASE("a step refuses indices outside the images, and a wrong number of them") {
  const Model model = small_model();
  const Images images = random_images(model, 5, 14);
  const Weights weights = model.initial_weights(DType::f32, 1);
  Context context;
  ModelProgram program(model, context, 3, Model::Mode::training, weights, 1);
  const auto error = [&](const std::vector<Index>& indices) {
    return error_text<Error>([&] { program.run(images, indices, 0); });
  };
  CHECK(error({4, 0, 4}).empty());
  CHECK(error({0, 1}) == "running the model: 2 indices for a batch of 3 images");
  CHECK(error({}) == "running the model: 0 indices for a batch of 3 images");
  CHECK(error({0, 1, 2, 3}) == "running the model: 4 indices for a batch of 3 images");
  CHECK(error({0, 5, 1}) == "running the model: index 5 is outside the 5 images");
  CHECK(error({0, 1, -1}) == "running the model: index -1 is outside the 5 images");
  const std::vector<Index> three{0, 1, 2};
  Images bad = images;
  bad.pixels.resize(29);
  CHECK(error_text<DataError>([&] { program.run(bad, three, 0); }) ==
        "running the model: 5 images of [2,3,1] need 30 pixels, but there are 29");
  bad = images;
  std::swap(bad.rows, bad.cols);
  CHECK(error_text<DataError>([&] { program.run(bad, three, 0); }) ==
        "running the model: the images are [3,2,1] but the model small needs [2,3,1]");
}

TEST_CASE("weights that are not the model's are refused, with both numbers or shapes") {
  const Model model = small_model();
  const Images images = random_images(model, 5, 15);
  Context context;
  const std::vector<Array> good = model.initial_weights(DType::f32, 1).parameters;
  const auto refused = [&](const std::vector<Array>& parameters, const std::string& expected) {
    const Weights weights{.parameters = parameters, .states = {}};
    CHECK(error_text<Error>([&] { evaluate(model, images, weights, context); }) ==
          "running the model: " + expected);
    CHECK(error_text<Error>([&] { model_under_check(model, {.weights = &weights}, context); }) ==
          "check_grad: " + expected);
  };
  refused({good[0], good[1], good[1]}, "the model small has 2 parameters, but 3 were given");
  refused({good[0]}, "the model small has 2 parameters, but 1 were given");
  refused({good[0], Array::zeros({{5}, DType::f32})},
          "array \"linear_1/bias\" is [5] but the model small needs [4]");
}

}  // namespace autonet::internal
