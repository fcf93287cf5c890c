// Emitted C whose weights and activations are bytes.
#include <doctest/doctest.h>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "tests/exchange/emitted_c.h"

namespace autonet {
namespace {

bool skipped() {
  if (has_tool("gcc")) return false;
  std::cout << "SKIPPED: running emitted C, as gcc is not installed\n";
  return true;
}

std::vector<double> outputs_of(const Model& model, const Weights& weights, const Examples& examples,
                               const CSourceOptions& options) {
  const CSource source = to_c_source(model, weights, options);
  const Scratch folder;
  folder.write(source);
  folder.write("main.c", main_text(model, source, examples, options));
  const Printed made = output_of(text::concat(
      "cd ", folder.path(), " && gcc -std=c99 -pedantic -Wall -Wextra -Wconversion ",
      "-Wdouble-promotion -Werror -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all ",
      source.name, ".c main.c -o program -lm"));
  REQUIRE_MESSAGE(made.status == 0, made.out);
  const Printed ran = output_of("cd " + folder.path() + " && ./program");
  REQUIRE_MESSAGE(ran.status == 0, ran.out);
  return read_numbers(ran.out, model, examples.count(), options).outputs;
}

}  // namespace

TEST_CASE("a linear layer whose numbers are bytes is exact in 8 bits") {
  if (skipped()) return;
  const Model model = Model::parse(R"({"name": "exact", "input": [5], "outputs": 3,
      "layers": [{"name": "output", "type": "linear", "units": 3}], "loss": "mean_squared_error",
      "training": {"epochs": 1, "batch_size": 1}})",
                                   "exact.json");
  Weights weights = model.initial_weights(DType::f32, 1);
  std::cout << "seed " << seed_of_run() << "\n";
  Random random(seed_of_run(), 1);
  const auto whole = [&] { return static_cast<double>(random.below(255)) - 127.0; };
  for (Index i = 0; i < 5; ++i) {
    for (Index k = 0; k < 3; ++k) weights.parameters[0].set({i, k}, i == 0 ? 127.0 : whole());
  }
  for (Index k = 0; k < 3; ++k) weights.parameters[1].set({k}, whole() / 8.0);
  Examples examples{.x = Array::zeros({{4, 5}, DType::f32}),
                    .y = Array::zeros({{4, 3}, DType::f32})};
  for (Index n = 0; n < 4; ++n) {
    for (Index i = 0; i < 5; ++i) examples.x.set({n, i}, whole() / 64.0);
  }
  examples.x.set({0, 0}, -2.0);  // the range -128/64 … 127/64, so that a byte is 1/64
  examples.x.set({0, 1}, 127.0 / 64.0);
  Context context;
  const std::vector<double> own = predict(model, weights, examples.x, context).outputs.to_vector();
  const std::vector<double> c =
      outputs_of(model, weights, examples, {.int8 = true, .calibration = examples.x});
  CHECK(difference(c, own) < 1e-6);
}

TEST_CASE("networks in 8 bits are near those in f32") {
  if (skipped()) return;
  std::cout << "seed " << seed_of_run() << "\n";
  for (const char* name : {"logreg", "net_2layer", "convnet1", "mnist_99", "mnist_best"}) {
    INFO(name);
    const Model model = Model::load(std::string(AUTONET_SOURCE_DIR) + "/models/" + name + ".json",
                                    {"loss=mean_squared_error"});
    const Weights weights = model.initial_weights(DType::f32, 1);
    const Examples examples = internal::random_examples(model, 20, seed_of_run());
    Context context;
    const std::vector<double> own =
        predict(model, weights, examples.x, context).outputs.to_vector();
    const std::vector<double> c =
        outputs_of(model, weights, examples, {.int8 = true, .calibration = examples.x});
    const double apart = difference(c, own);
    std::cout << name << " in 8 bits: outputs differ by " << apart << " of the largest\n";
    CHECK(apart < 0.05);
    CHECK(apart > 0.0);
  }
}

TEST_CASE("what cannot be done in 8 bits is named, all of it at once") {
  const Model model =
      Model::load(std::string(AUTONET_SOURCE_DIR) + "/models/convnet_gradcheck.json");
  const Weights weights = model.initial_weights(DType::f32, 1);
  const Examples examples = internal::random_examples(model, 2, 1);
  CHECK_THROWS_WITH_AS(to_c_source(model, weights, {.int8 = true, .calibration = examples.x}),
                       doctest::Contains("conv_1: tanh in 8 bits; conv_2: "), ModelError);
  CHECK_THROWS_WITH_AS(
      to_c_source(model, weights, {.int8 = true}),
      "to_c_source: int8 needs calibration, inputs that show the ranges of activations", Error);
  CHECK_THROWS_AS(to_c_source(model, weights, {.train = true, .int8 = true}), Error);
}

}  // namespace autonet
