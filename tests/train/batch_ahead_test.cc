// Batches that are prepared on another thread while a step runs.
#include "train/batch_ahead.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/train/fit.h"
#include "autonet/train/optimizer.h"
#include "autonet/train/weights.h"
#include "tests/train/quadrants.h"
#include "train/step.h"

namespace autonet::internal {
namespace {

Model changing() {
  return Model::parse(R"({"name": "small", "input": [4, 4, 1], "classes": 4,
      "data": {"file": "x.npz", "augment": {"shift": 1, "elastic": {"amount": 0.3, "spacing": 2},
               "noise": 0.1, "mixup": 0.4}},
      "layers": [{"type": "conv2d", "channels": 6, "kernel": 3, "activation": "relu"},
                 {"type": "batch_norm"}, {"type": "dropout", "rate": 0.2},
                 {"type": "linear", "units": 4}],
      "training": {"epochs": 3, "batch_size": 32, "seed": 5,
                   "optimizer": {"type": "adam", "learning_rate": 0.01}}})",
                      "small.json");
}

Model plain() {
  return Model::parse(
      R"({"name": "plain", "input": [4, 4, 1], "classes": 4,
          "layers": [{"type": "linear", "units": 4}]})",
      "plain.json");
}

std::vector<Index> batch_at(const std::vector<Index>& order, Index batch) {
  const auto first = order.begin() + 32 * batch;
  return {first, order.end() - first > 32 ? first + 32 : order.end()};
}

}  // namespace

TEST_CASE("a batch that was prepared ahead is the same as one that was not") {
  const Model model = changing();
  const Examples examples = training_quadrants();
  Context context;
  BatchAhead ahead(model, examples);
  CHECK(ahead.take(0) == nullptr);
  const std::vector<Index> order = epoch_order(examples.count(), true, 5, 2);
  const PreparedBatch* earlier = nullptr;
  std::vector<double> earlier_numbers;
  for (Index batch = 0; batch < 5; ++batch) {  // the last one is smaller
    const std::vector<Index> indices = batch_at(order, batch);
    const BatchChanges changes{.seed = 5, .epoch = 2, .step = 10 + batch};
    ahead.begin(indices, changes);
    CHECK(ahead.take(9 + batch) == nullptr);
    // The batch before it is not touched while the next one is prepared.
    if (earlier != nullptr) CHECK(earlier->inputs.to_vector() == earlier_numbers);
    const PreparedBatch* const ready = ahead.take(10 + batch);
    REQUIRE(ready != nullptr);
    CHECK(ahead.take(10 + batch) == nullptr);
    PreparedBatch expected = empty_batch(model, std::ssize(indices), Model::Mode::training);
    prepare_batch(model, context, examples, indices, changes, expected);
    CHECK(ready->inputs.to_vector() == expected.inputs.to_vector());
    CHECK(ready->targets.to_vector() == expected.targets.to_vector());
    CHECK(ready->rows == expected.rows);
    earlier = ready;
    earlier_numbers = expected.inputs.to_vector();
  }
}

TEST_CASE("a run gives the bits of a loop whose steps prepare their batches themselves") {
  const Model model = changing();
  const Examples examples = training_quadrants();
  Context context;
  if (!BatchAhead::pays(model, examples, 1))
    MESSAGE("SKIPPED: on one core no batch is prepared ahead");
  CHECK_FALSE(BatchAhead::pays(model, examples, hardware_threads()));
  CHECK_FALSE(BatchAhead::pays(plain(), examples, 1));
  const Trained trained = fit(model, examples, context);
  Weights weights = model.initial_weights(DType::f32, 5);
  Optimizer optimizer = optimizer_for(model, weights);
  ModelProgram full(model, context, 32, Model::Mode::training, weights, 5);
  ModelProgram rest(model, context, 2, Model::Mode::training, weights, 5, &full);
  Index step = 0;
  for (Index epoch = 0; epoch < 3; ++epoch) {
    const std::vector<Index> order = epoch_order(examples.count(), true, 5, epoch);
    for (Index batch = 0; batch < 5; ++batch, ++step) {
      ModelProgram& program = batch < 4 ? full : rest;
      program.run(examples, batch_at(order, batch), step, epoch);
      size_t bad = 0;
      REQUIRE(
          optimizer.update(context, weights.parameters, program.gradients(), 0.01, step + 1, bad));
      for (size_t i = 0; i < weights.states.size(); ++i) {
        weights.states[i].copy_from(program.new_states()[i]);
      }
    }
  }
  REQUIRE(trained.best_epoch == 3);
  for (size_t i = 0; i < weights.parameters.size(); ++i) {
    CAPTURE(model.parameters()[i].name);
    CHECK(weights.parameters[i].to_vector() == trained.weights.parameters[i].to_vector());
  }
}

TEST_CASE("what preparing a batch throws arrives with its step, and the next one is prepared") {
  const Model model = changing();
  const Examples examples = training_quadrants();
  BatchAhead ahead(model, examples);
  const std::vector<Index> wrong{0, 1, 130};
  const std::vector<Index> right{0, 1, 2};
  ahead.begin(wrong, {.seed = 5, .epoch = 0, .step = 1});
  CHECK_THROWS_WITH_AS(ahead.take(1), "running the model: index 130 is outside the 130 examples",
                       Error);
  CHECK(ahead.take(1) == nullptr);
  ahead.begin(right, {.seed = 5, .epoch = 0, .step = 2});
  CHECK(ahead.take(2) != nullptr);
  // A batch that was not taken is forgotten, with what it threw.
  ahead.begin(wrong, {.seed = 5, .epoch = 0, .step = 3});
  ahead.begin(right, {.seed = 5, .epoch = 0, .step = 4});
  CHECK(ahead.take(3) == nullptr);
  CHECK(ahead.take(4) != nullptr);
  ahead.begin(wrong, {.seed = 5, .epoch = 0, .step = 5});  // the destructor waits for it
}

}  // namespace autonet::internal
