// Examples from the host's own memory: everything that is wrong with them is refused before the
// first step, by each function that takes examples.
#include "train/check_examples.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/train/check_model.h"
#include "autonet/train/evaluate.h"
#include "autonet/train/fit.h"
#include "tests/data/scratch.h"
#include "train/random_examples.h"
#include "train/step.h"

namespace autonet::internal {
namespace {

Model small_model() {
  return Model::parse(R"({"name": "small", "input": [2, 3, 1], "classes": 4,
      "layers": [{"type": "linear", "units": 4}], "loss": "softmax_cross_entropy",
      "training": {"epochs": 1, "batch_size": 3}})",
                      "small.json");
}

}  // namespace

TEST_CASE("examples that do not fit are refused by every function that takes them") {
  const Model model = small_model();
  const Examples good = random_examples(model, 5, 11);
  const std::vector<double> labels = good.y.numbers().to_vector();
  const auto with_label = [&](size_t place, double label) {
    std::vector<double> numbers = labels;
    numbers[place] = label;
    return Array::from<double>({5}, numbers);
  };
  const auto with_pixel = [&](Index place, float pixel) {
    const Array x = good.x.clone();
    x.reshape({30}).set({place}, pixel);
    return x;
  };
  struct Case {
    Examples examples;
    std::string error;
  };
  const std::vector<Case> cases = {
      {{good.x.reshape({5, 3, 2, 1}), good.y},
       "the inputs are [5,3,2,1] but the model small needs [N,2,3,1]"},
      {{good.x.reshape({30}), good.y}, "the inputs are [30] but the model small needs [N,2,3,1]"},
      {{good.x, {}}, "the labels are [] but 5 inputs [5,2,3,1] need [5]"},
      {{good.x, Array::zeros({{4}, DType::f64})},
       "the labels are [4] but 5 inputs [5,2,3,1] need [5]"},
      {{good.x, Array::zeros({{5, 4}, DType::f32})},
       "the labels are [5,4] but 5 inputs [5,2,3,1] need [5]"},
      {{good.x, with_label(3, 4)}, "label 4 of image 3 is outside the model's 4 classes"},
      {{good.x, with_label(0, -1)}, "label -1 of image 0 is outside the model's 4 classes"},
      {{good.x, with_label(2, 0.5)}, "label 0.5 of image 2 is not the number of a class"},
      {{good.x, with_label(2, std::nan(""))}, "label nan of image 2 is not the number of a class"},
      {{with_pixel(7, std::numeric_limits<float>::quiet_NaN()), good.y},
       "pixel 1 of image 1 is nan; all pixels must be finite"},
      {{with_pixel(29, -std::numeric_limits<float>::infinity()), good.y},
       "pixel 5 of image 4 is -inf; all pixels must be finite"},
  };
  Context context;
  const Weights weights = model.initial_weights(DType::f32, 1);
  for (const Case& bad : cases) {
    CAPTURE(bad.error);
    const auto refused = [&](const std::string& who, const std::function<void()>& call) {
      CHECK(error_text<DataError>(call) == who + bad.error);
    };
    refused("fit: training: ", [&] { fit(model, bad.examples, context); });
    refused("fit: validation: ", [&] { fit(model, good, context, {.validation = bad.examples}); });
    refused("evaluate: ", [&] { evaluate(model, bad.examples, weights, context); });
    refused("check_grad: ",
            [&] { model_under_check(model, context, {.batch = 2, .examples = &bad.examples}); });
  }
}

TEST_CASE("targets of regression have the model's outputs and are finite") {
  const auto model = [](int outputs) {
    const std::string n = std::to_string(outputs);
    return Model::parse(R"({"name": "r", "input": [3], "outputs": )" + n + R"(,
        "layers": [{"type": "linear", "units": )" +
                            n + R"(}], "loss": "mean_squared_error"})",
                        "r.json");
  };
  Context context;
  const Array x = random_examples(model(1), 4, 3).x;
  const auto error = [&](int outputs, const Targets& y) {
    return error_text<DataError>(
        [&] { fit(model(outputs), {.x = x, .y = y}, context, {.epochs = 0}); });
  };
  CHECK(error(1, Array::zeros({{4}, DType::f32})).empty());
  CHECK(error(1, Array::zeros({{4, 1}, DType::f32})).empty());
  CHECK(error(1, std::vector<int>{4, -3, 2, 1}).empty());  // whole numbers are numbers
  CHECK(error(2, Array::zeros({{4, 2}, DType::f64})).empty());
  CHECK(error(2, Array::zeros({{4}, DType::f64})) ==
        "fit: training: the targets are [4] but 4 inputs [4,3] need [4,2], as the model r predicts "
        "2 numbers");
  CHECK(error(1, Array::zeros({{4, 2}, DType::f64})) ==
        "fit: training: the targets are [4,2] but 4 inputs [4,3] need [4,1], as the model r "
        "predicts 1 number");
  Array y = Array::zeros({{4, 2}, DType::f64});
  y.set({2, 1}, std::numeric_limits<double>::infinity());
  CHECK(error(2, y) == "fit: training: target 1 of input 2 is inf; all targets must be finite");
}

TEST_CASE("numbers of epochs, batches and shares that make no sense are refused") {
  const Model model = small_model();
  Context context;
  const Examples examples = random_examples(model, 5, 13);
  const auto error = [&](const FitOptions& options) {
    return error_text<ModelError>([&] { fit(model, examples, context, options); });
  };
  CHECK(error({.epochs = -1}) == "fit: epochs must be at least 0, got -1");
  for (const double share : {-0.5, 0.1, 1.0, std::nan("")}) {
    CHECK(error({.validation_share = share}).starts_with("fit: a validation_share of "));
  }
  CHECK(error({.validation = examples, .validation_share = 0.5}) ==
        "fit: give either validation or validation_share, not both");
  for (const Index batch : {Index{0}, Index{-3}}) {
    const std::string expected =
        "check_grad: the batch must have at least one example, got " + std::to_string(batch);
    CHECK(error_text<Error>([&] { model_under_check(model, context, {.batch = batch}); }) ==
          expected);
    CHECK(error_text<Error>([&] {
            model_under_check(model, context, {.batch = batch, .examples = &examples});
          }) == expected);
  }
  CHECK(error_text<DataError>([&] { fit(model, {}, context); }) ==
        "fit: there are no training examples");
}

TEST_CASE("a step refuses indices outside the examples, and a wrong number of them") {
  const Model model = small_model();
  const Examples examples = random_examples(model, 5, 14);
  const Weights weights = model.initial_weights(DType::f32, 1);
  Context context;
  ModelProgram program(model, context, 3, Model::Mode::training, weights, 1);
  const auto error = [&](const std::vector<Index>& indices) {
    return error_text<Error>([&] { program.run(examples, indices, 0); });
  };
  CHECK(error({4, 0, 4}).empty());
  CHECK(error({0, 1}) == "running the model: 2 indices for a batch of 3 examples");
  CHECK(error({}) == "running the model: 0 indices for a batch of 3 examples");
  CHECK(error({0, 1, 2, 3}) == "running the model: 4 indices for a batch of 3 examples");
  CHECK(error({0, 5, 1}) == "running the model: index 5 is outside the 5 examples");
  CHECK(error({0, 1, -1}) == "running the model: index -1 is outside the 5 examples");
  const std::vector<Index> three{0, 1, 2};
  const Examples bad{.x = examples.x.reshape({5, 3, 2, 1}), .y = examples.y};
  CHECK(error_text<DataError>([&] { program.run(bad, three, 0); }) ==
        "running the model: the inputs are [5,3,2,1] but the model small needs [N,2,3,1]");
}

TEST_CASE("weights that are not the model's are refused, with both numbers or shapes") {
  const Model model = small_model();
  const Examples examples = random_examples(model, 5, 15);
  Context context;
  const std::vector<Array> good = model.initial_weights(DType::f32, 1).parameters;
  const auto refused = [&](const std::vector<Array>& parameters, const std::string& expected) {
    const Weights weights{.parameters = parameters, .states = {}};
    CHECK(error_text<Error>([&] { evaluate(model, examples, weights, context); }) ==
          "running the model: " + expected);
    CHECK(error_text<Error>([&] { model_under_check(model, context, {.weights = &weights}); }) ==
          "check_grad: " + expected);
  };
  refused({good[0], good[1], good[1]}, "the model small has 2 parameters, but 3 were given");
  refused({good[0]}, "the model small has 2 parameters, but 1 were given");
  refused({good[0], Array::zeros({{5}, DType::f32})},
          "array \"linear_1/bias\" is [5] but the model small needs [4]");
}

}  // namespace autonet::internal
