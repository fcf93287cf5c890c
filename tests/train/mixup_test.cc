// Training on mixed examples: "mixup" in "augment".
#include <doctest/doctest.h>

#include <numeric>
#include <string>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/train/fit.h"
#include "data/mixup.h"
#include "tests/data/scratch.h"
#include "train/failed_step.h"
#include "train/random_examples.h"
#include "train/step.h"
#include "train/step_report.h"

namespace autonet::internal {
namespace {

/// A linear model of vectors [3].
Model linear(const std::string& ends, const std::string& loss, bool mixed,
             const std::string& training = "{\"precision\": \"f64\"}") {
  return Model::parse(
      "{\"name\": \"line\", \"input\": [3], " + ends + ", \"data\": {\"file\": \"x.npz\"" +
          (mixed ? ", \"augment\": {\"mixup\": 0.7}" : "") +
          "}, \"layers\": [{\"type\": \"linear\", \"units\": 4}], \"loss\": " + loss +
          ", \"training\": " + training + "}",
      "line.json");
}

constexpr Index kBatch = 6;
constexpr Index kStep = 11;
constexpr std::uint64_t kSeed = 5;

std::vector<Index> all_indices() {
  std::vector<Index> indices(kBatch);
  std::iota(indices.begin(), indices.end(), Index{0});
  return indices;
}

/// Loss and gradient of a step.
struct Result {
  BatchResult batch;
  std::vector<double> gradient;
};

Result step(const Model& model, const Weights& weights, const Examples& examples) {
  Context context;
  ModelProgram program(model, context, examples.count(), Model::Mode::training, weights, kSeed);
  std::vector<Index> indices = all_indices();
  indices.resize(static_cast<size_t>(examples.count()));
  const BatchResult batch = program.run(examples, indices, kStep, 2);
  return {batch, program.gradients()[0].to_vector()};
}

}  // namespace

TEST_CASE("a mixed step has the mixed losses and gradients of both targets of each example") {
  const Mixing mixing = draw_mixing(0.7, kBatch, kSeed, kStep);
  for (const std::string loss : {R"({"type": "softmax_cross_entropy", "label_smoothing": 0.1})",
                                 R"("mean_squared_error")"}) {
    CAPTURE(loss);
    const Model mixed = linear("\"classes\": 4", loss, true);
    const Model plain = linear("\"classes\": 4", loss, false);
    const Examples examples = random_examples(mixed, kBatch, 3);
    const Weights weights = mixed.initial_weights(DType::f64, 1);
    const Result result = step(mixed, weights, examples);
    Array x = examples.x.clone();
    mix(mixing, x);
    double expected = 0.0;
    std::vector<double> gradient(result.gradient.size());
    // Of squared errors, the loss of the mixed target is less by what does not depend on the
    // output: the mean of squares less the square of the mean.
    double less = 0.0;
    for (Index i = 0; i < kBatch; ++i) {
      const auto at = static_cast<size_t>(i);
      const auto add = [&](Index label_of, double share) {
        const Examples one{.x = x.slice(0, i, 1), .y = examples.y.numbers().slice(0, label_of, 1)};
        const Result part = step(plain, weights, one);
        expected += share * part.batch.loss / kBatch;
        for (size_t k = 0; k < gradient.size(); ++k)
          gradient[k] += share * part.gradient[k] / kBatch;
      };
      const double share = mixing.shares[at];
      add(i, share);
      add(mixing.partners[at], 1.0 - share);
      const Array& labels = examples.y.numbers();
      if (labels.at({i}) != labels.at({mixing.partners[at]})) {
        less += 2.0 * share * (1.0 - share) / (4.0 * kBatch);
      }
    }
    if (loss.find("squared") != std::string::npos) expected -= less;
    CHECK(result.batch.loss == doctest::Approx(expected).epsilon(1e-6));
    for (size_t k = 0; k < gradient.size(); ++k) {
      CHECK(result.gradient[k] == doctest::Approx(gradient[k]).epsilon(1e-5));
    }
  }
}

TEST_CASE("an example counts as correct if the class with the larger share is predicted") {
  const Model model = linear("\"classes\": 4", "\"softmax_cross_entropy\"", true);
  // The weights give every input the output (1, 0, 0, 0).
  Weights weights = model.initial_weights(DType::f64, 1);
  weights.parameters[0].fill(0.0);
  weights.parameters[1].set({0}, 1.0);
  const Examples examples{.x = random_examples(model, kBatch, 3).x,
                          .y = std::vector<int>{0, 1, 0, 2, 0, 3}};
  const Mixing mixing = draw_mixing(0.7, kBatch, kSeed, kStep);
  Index expected = 0;
  for (size_t i = 0; i < kBatch; ++i) {
    const bool own = i % 2 == 0;
    const bool other = mixing.partners[i] % 2 == 0;
    expected += own && other ? 1 : own ? mixing.shares[i] >= 0.5 : other && mixing.shares[i] <= 0.5;
  }
  CHECK(step(model, weights, examples).batch.correct == expected);
  CHECK(expected > 0);
  CHECK(expected < kBatch);
}

TEST_CASE("in regression the targets themselves are mixed") {
  const Model mixed = linear("\"outputs\": 4", "\"huber\"", true);
  const Model plain = linear("\"outputs\": 4", "\"huber\"", false);
  const Examples examples = random_examples(mixed, kBatch, 3);
  const Weights weights = mixed.initial_weights(DType::f64, 1);
  const Mixing mixing = draw_mixing(0.7, kBatch, kSeed, kStep);
  Array x = examples.x.to(DType::f64).clone();
  Array y = examples.y.numbers().to(DType::f64).clone();
  mix(mixing, x);
  mix(mixing, y);
  const Result result = step(mixed, weights, examples);
  const Result expected = step(plain, weights, {.x = x, .y = y});
  CHECK(result.batch.loss == expected.batch.loss);
  CHECK(result.batch.squares == expected.batch.squares);
  CHECK(result.gradient == expected.gradient);
  CHECK(result.batch.loss != step(plain, weights, examples).batch.loss);
}

TEST_CASE("without an epoch a model with mixup is given its examples as they are") {
  const Model mixed = linear("\"classes\": 4", "\"softmax_cross_entropy\"", true);
  const Model plain = linear("\"classes\": 4", "\"softmax_cross_entropy\"", false);
  const Examples examples = random_examples(mixed, kBatch, 3);
  const Weights weights = mixed.initial_weights(DType::f64, 1);
  Context context;
  ModelProgram one(mixed, context, kBatch, Model::Mode::training, weights, kSeed);
  ModelProgram other(plain, context, kBatch, Model::Mode::training, weights, kSeed);
  const BatchResult result = one.run(examples, all_indices(), kStep);
  const BatchResult expected = other.run(examples, all_indices(), kStep);
  CHECK(result.loss == expected.loss);
  CHECK(result.correct == expected.correct);
  const Examples wrong{.x = examples.x, .y = std::vector<int>{0, 1, 4, 0, 0, 0}};
  CHECK_THROWS_WITH_AS(one.run(wrong, all_indices(), kStep),
                       "running the model: label 4 of example 2 is none of the 4 classes", Error);
}

TEST_CASE("a mixed step that fails is kept with its mixed targets, and fails again") {
  const ScratchFolder scratch;
  const Model wild = linear(
      "\"classes\": 4", "\"mean_squared_error\"", true,
      R"({"epochs": 90, "batch_size": 6, "optimizer": {"type": "sgd", "learning_rate": 900}})");
  Context context;
  FitOptions options;
  options.checkpoint = scratch.path("m.npz");
  CHECK_THROWS_AS(fit(wild, random_examples(wild, 10, 3), context, options), Error);
  const auto [model, failed] = load_failed_step(scratch.path("m.failed.npz"));
  CHECK(failed.y.shape() == Shape{failed.x.shape()[0], 4});
  for (Index i = 0; i < failed.y.shape()[0]; ++i) {
    double sum = 0.0;
    for (Index k = 0; k < 4; ++k) sum += failed.y.at({i, k});
    CHECK(sum == doctest::Approx(1.0));
  }
  const StepReport report =
      report_step(model, context, failed.weights, failed.x, failed.y, failed.step, failed.seed);
  CHECK(report.first_failure() == failed.what);
}

}  // namespace autonet::internal
