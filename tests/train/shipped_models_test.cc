// Properties of every shipped model: the same bits on any number of threads and with recomputation,
// and results of Winograd's algorithm close to those of plain sums.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <vector>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "train/memory.h"
#include "train/random_examples.h"
#include "train/step.h"

namespace autonet::internal {
namespace {

using nlohmann::json;

std::vector<json> shipped_models() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(AUTONET_SOURCE_DIR) + "/models")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".json" && name.find("schema") == std::string::npos) {
      paths.push_back(entry.path());
    }
  }
  std::ranges::sort(paths);
  std::vector<json> models;
  for (const auto& path : paths) models.push_back(json::parse(std::ifstream(path)));
  return models;
}

/// The loss and all gradients of one step on a fixed batch, as numbers.
std::vector<Array> step_of(const json& text, int threads) {
  const Model model = Model::parse(text.dump(), "test.json");
  const DType dtype = model.training().precision;
  const Index batch = text["name"] == "cifar_vgg" ? 10 : 37;
  const Examples examples = random_examples(model, batch, 4);
  const Weights weights = model.initial_weights(dtype, 1);
  Context context(threads);
  ModelProgram program(model, context, batch, Model::Mode::training, weights, 1);
  std::vector<Index> order(static_cast<size_t>(batch));
  std::iota(order.begin(), order.end(), Index{0});
  const BatchResult result = program.run(examples, order, 2);
  std::vector<Array> numbers{Array::scalar(result.loss, DType::f64)};
  for (const Array& gradient : program.gradients()) numbers.push_back(gradient.clone());
  return numbers;
}

void check_same_bits(const std::vector<Array>& a, const std::vector<Array>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    CAPTURE(i);
    CHECK(std::memcmp(a[i].raw(), b[i].raw(), a[i].type().bytes()) == 0);
  }
}

}  // namespace

TEST_CASE("every shipped model: the same bits on one, two and three threads") {
  const std::vector<json> models = shipped_models();
  REQUIRE(models.size() >= 11);
  for (const json& model : models) {
    INFO(model["name"].get<std::string>());
    const std::vector<Array> one = step_of(model, 1);
    CHECK(std::isfinite(one[0].item()));
    check_same_bits(one, step_of(model, 2));
    check_same_bits(one, step_of(model, 3));
  }
}

TEST_CASE("every shipped model: leaf by leaf the same bits as step by step") {
  for (const json& text : shipped_models()) {
    INFO(text["name"].get<std::string>());
    const Model model = Model::parse(text.dump(), "test.json");
    const DType dtype = model.training().precision;
    const Index batch = text["name"] == "cifar_vgg" ? 24 : 53;
    const Examples examples = random_examples(model, batch, 4);
    const Weights weights = model.initial_weights(dtype, 1);
    const auto step = [&](bool by_leaves) {
      Context context(2);
      Tape tape(context);
      const std::vector<Var> inputs{
          tape.placeholder({model.batch_shape(batch), dtype}, "inputs"),
          tape.placeholder({examples.y.numbers().shape(), dtype}, "targets")};
      std::vector<Var> parameters;
      for (const Array& array : weights.parameters) parameters.push_back(tape.variable(array));
      std::vector<Var> states;
      for (const Array& array : weights.states) states.push_back(tape.variable(array));
      const Recorded recorded = model.record(inputs[0], parameters, states, Model::Mode::training,
                                             tape.constant(Array::scalar(2.0, DType::f64)));
      const Var loss = model.loss(recorded.output, inputs[1]);
      std::vector<Var> outputs{loss, recorded.output};
      for (const Var& bar : grad(loss, parameters)) outputs.push_back(bar);
      for (const Var& state : recorded.new_states) outputs.push_back(state);
      ProgramOptions options;
      if (by_leaves) options.batch = inputs;
      Program program(context, inputs, outputs, options);
      program.input(0).copy_from(examples.x.to(dtype));
      program.input(1).copy_from(examples.y.numbers().to(dtype));
      program.run();
      std::vector<Array> numbers;
      for (size_t i = 0; i < outputs.size(); ++i) numbers.push_back(program.output(i).clone());
      return numbers;
    };
    check_same_bits(step(false), step(true));
  }
}

TEST_CASE("every shipped model: the same bits if blocks of two layers are recomputed") {
  for (json model : shipped_models()) {
    INFO(model["name"].get<std::string>());
    const std::vector<Array> kept = step_of(model, 2);
    auto& layers = model["layers"];
    for (size_t i = 0; i < layers.size(); ++i) layers[i]["recompute"] = i % 3 != 2;
    check_same_bits(kept, step_of(model, 2));
  }
}

TEST_CASE("recomputation takes less memory in a deep model") {
  for (json model : shipped_models()) {
    if (model["name"] != "cifar_vgg") continue;
    const auto activations = [](const json& text) {
      return training_memory(Model::parse(text.dump(), "test.json"), 20, 1).value().activations;
    };
    const std::size_t kept = activations(model);
    for (auto& layer : model["layers"]) {
      if (layer["type"] != "linear") layer["recompute"] = true;
    }
    CHECK(activations(model) < kept);
  }
}

TEST_CASE("every shipped model: Winograd's algorithm gives the loss of plain sums within 1e-4") {
  for (json model : shipped_models()) {
    INFO(model["name"].get<std::string>());
    const std::vector<Array> fast = step_of(model, 2);
    model["exact"] = true;
    const std::vector<Array> exact = step_of(model, 2);
    CHECK(std::abs(fast[0].item() - exact[0].item()) <= 1e-4 * exact[0].item());
    // Rounding can make another element of a pooling window the largest, or change the sign of a
    // ReLU's input, which changes single gradients: they are compared in the mean.
    double error = 0.0;
    double size = 0.0;
    for (size_t i = 1; i < fast.size(); ++i) {
      const std::vector<double> a = fast[i].to_vector();
      const std::vector<double> b = exact[i].to_vector();
      for (size_t k = 0; k < a.size(); ++k) {
        error += (a[k] - b[k]) * (a[k] - b[k]);
        size += b[k] * b[k];
      }
    }
    CHECK(std::sqrt(error) <= 0.01 * std::sqrt(size));
  }
}

}  // namespace autonet::internal
