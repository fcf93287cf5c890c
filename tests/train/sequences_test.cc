// Models with layers of sequences and layers that enlarge images: gradients, and small tasks that
// they learn.
#include <doctest/doctest.h>

#include <string>
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

Model model_of(const std::string& ends, const std::string& layers) {
  return Model::parse("{\"name\": \"m\", " + ends + ", \"layers\": [" + layers +
                          R"(], "training": {"epochs": 30, "batch_size": 20,
                              "optimizer": {"type": "adam", "learning_rate": 0.02}}})",
                      "m.json");
}

/// Sequences of 6 tokens from 0 to 4; the label says whether a 3 comes before the first 1.
Examples ordered_tokens(Index n, std::uint64_t seed) {
  Array x = Array::uninitialized({{n, 6}, DType::f32});
  std::vector<int> labels;
  Random random(seed);
  for (Index i = 0; i < n; ++i) {
    int label = -1;
    for (Index t = 0; t < 6; ++t) {
      const auto token = static_cast<int>(random.below(5));
      x.set({i, t}, token);
      if (label < 0 && (token == 1 || token == 3)) label = token == 3 ? 1 : 0;
    }
    labels.push_back(label == 1 ? 1 : 0);
  }
  return {.x = x, .y = labels};
}

const char* const kTokens = R"("input": [6], "classes": 2)";

double accuracy_of(const Model& model) {
  Context context;
  const Trained trained = fit(model, ordered_tokens(600, 1), context, {.validation_share = 0.2});
  return evaluate(model, ordered_tokens(200, 2), trained.weights, context).accuracy;
}

}  // namespace

TEST_CASE("check_grad passes for each of these layers") {
  const std::string sequence = R"("input": [4, 6], "classes": 3)";
  const std::string end = R"(, {"type": "linear", "units": 3})";
  const std::string image = R"("input": [3, 4, 2], "classes": 3)";
  const std::string tokens = R"("input": [5], "classes": 3)";
  struct Case {
    std::string ends;
    std::string layers;
  };
  const std::vector<Case> cases = {
      {sequence, R"({"type": "lstm", "units": 3})"},
      {sequence, R"({"type": "lstm", "units": 2, "every_step": true, "bias": false})"},
      {sequence, R"({"type": "attention", "heads": 2})"},
      {sequence,
       R"({"type": "position_embedding"}, {"type": "attention", "heads": 3, "causal": true,
                     "bias": false, "activation": "tanh"})"},
      {sequence, R"({"type": "linear", "units": 4, "each_position": true, "activation": "tanh"},
                    {"type": "global_avg_pool"})"},
      {tokens, R"({"type": "embedding", "tokens": 7, "units": 3},
                  {"type": "position_embedding"}, {"type": "lstm", "units": 3})"},
      {image, R"({"type": "conv2d_transpose", "channels": 4, "kernel": 3, "stride": 2,
                  "padding": "same", "groups": 2, "activation": "tanh"})"},
      {image, R"({"type": "upsample", "factor": [2, 3], "method": "linear"})"},
      {image, R"({"type": "upsample", "factor": 2},
                 {"type": "conv2d", "channels": 4, "kernel": 3, "activation": "tanh"},
                 {"type": "group_norm", "groups": 2})"},
  };
  Context context;
  for (const Case& c : cases) {
    CAPTURE(c.layers);
    const Model model = model_of(c.ends, c.layers + end);
    const ModelUnderCheck check = model_under_check(model, context);
    CHECK((check.names[0] == "input") == (model.tokens() == 0));
    CheckGradOptions options;
    options.uses = check.uses;
    const CheckReport report = check_grad(check.loss, check.points, check.names, options);
    CHECK_MESSAGE(report.passed(), report);
  }
}

TEST_CASE("an LSTM and a block of attention learn the order of tokens") {
  const double lstm = accuracy_of(model_of(kTokens, R"(
      {"type": "embedding", "tokens": 5, "units": 6}, {"type": "lstm", "units": 8},
      {"type": "linear", "units": 2})"));
  CHECK(lstm > 0.95);
  const double attention = accuracy_of(model_of(kTokens, R"(
      {"type": "embedding", "tokens": 5, "units": 12}, {"name": "x", "type": "position_embedding"},
      {"type": "attention", "heads": 2}, {"type": "add", "inputs": ["x", "attention_1"]},
      {"type": "layer_norm"}, {"type": "linear", "units": 16, "activation": "relu"},
      {"type": "linear", "units": 2})"));
  CHECK(attention > 0.95);
}

TEST_CASE("a transposed convolution learns to enlarge, in regression on pixels") {
  // The target is the image repeated twice along each axis: [3,3,1] to 36 numbers.
  Array x = Array::uninitialized({{60, 3, 3, 1}, DType::f32});
  Array y = Array::uninitialized({{60, 36}, DType::f32});
  Random random(3);
  for (Index n = 0; n < 60; ++n) {
    for (Index i = 0; i < 9; ++i) x.set({n, i / 3, i % 3, 0}, random.uniform(-1, 1));
    for (Index i = 0; i < 36; ++i) y.set({n, i}, x.at({n, i / 12, i % 6 / 2, 0}));
  }
  const Model model = Model::parse(R"({"input": [3, 3, 1], "outputs": 36, "layers": [
      {"type": "conv2d_transpose", "channels": 1, "kernel": 2, "stride": 2}],
      "loss": "mean_squared_error",
      "training": {"epochs": 60, "batch_size": 20, "optimizer": {"type": "adam", "learning_rate": 0.05}}})",
                                   "m.json");
  Context context;
  CHECK(fit(model, {.x = x, .y = y}, context).epochs.back().train.rmse < 0.02);
}

TEST_CASE("inputs that are no tokens are named before training; the last token is accepted") {
  Context context;
  const Model model = model_of(kTokens, R"({"type": "embedding", "tokens": 5, "units": 2},
      {"type": "linear", "units": 2})");
  const Examples good = ordered_tokens(4, 5);
  const auto error = [&](double token) {
    const Array x = good.x.clone();
    x.reshape({24}).set({15}, token);
    return internal::error_text<DataError>(
        [&] { fit(model, {.x = x, .y = good.y}, context, {.epochs = 1}); });
  };
  CHECK(error(4).empty());
  CHECK(error(5) == "fit: training: number 3 of input 2 is 5, not a whole number from 0 to 4");
  CHECK(error(0.5) == "fit: training: number 3 of input 2 is 0.5, not a whole number from 0 to 4");
  CHECK(error(-1) == "fit: training: number 3 of input 2 is -1, not a whole number from 0 to 4");
}

}  // namespace autonet
