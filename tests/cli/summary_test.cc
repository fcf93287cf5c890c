#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

TEST_CASE("summary gives the counts that one gets by hand") {
  const TestFolder folder;
  const Outcome outcome = run_program(folder, {"summary", shipped("convnet1"), "--json"});
  REQUIRE(outcome.status == 0);
  const json summary = json::parse(outcome.out);
  CHECK(summary["input"] == json::array({16, 16, 1}));
  const json& conv = summary["layers"][2];  // 3x3 kernels, 16 to 32 channels, 8x8 pixels
  CHECK(conv["name"] == "conv_2");
  CHECK(conv["output"] == json::array({8, 8, 32}));
  CHECK(conv["channels"] == 32);
  CHECK(conv["units"] == 8 * 8 * 32);
  CHECK(conv["parameters_without_biases"] == 3 * 3 * 16 * 32);
  CHECK(conv["parameters"] == 3 * 3 * 16 * 32 + 32);
  CHECK(conv["connections"] == 8 * 8 * 32 * 3 * 3 * 16);
  CHECK(conv["multiply_adds"] == 8 * 8 * 32 * 3 * 3 * 16);
  // 36,864 + 4,096 + 294,912 + 2,048 + 32,768 + 640: pooling counts, biases do not
  CHECK(summary["total"]["connections"] == 371328);
  // 160 + 4,640 + (4·4·32·64 + 64) + (64·10 + 10)
  CHECK(summary["total"]["parameters"] == 38282);

  const Outcome text = run_program(folder, {"summary", shipped("convnet1")});
  CHECK(contains(text.out, "\nconv_2 "));
  CHECK(contains(text.out, "38,282"));
  const Outcome large = run_program(folder, {"summary", shipped("cifar_vgg")});
  std::istringstream lines(text.out + large.out);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);
}

TEST_CASE("summary shows the memory of training, which recomputation reduces") {
  const TestFolder folder;
  const auto activations = [&](const std::string& model) {
    const Outcome outcome = run_program(folder, {"summary", model, "--batch", "50", "--json"});
    REQUIRE(outcome.status == 0);
    const json memory = json::parse(outcome.out)["training_memory"];
    CHECK(memory["batch"] == 50);
    CHECK(memory["total"].get<double>() > memory["activations"].get<double>());
    CHECK(memory["activations_unshared"] > memory["activations"]);
    return memory["activations"].get<double>();
  };
  json model = json::parse(std::ifstream(shipped("convnet3")));
  const double kept = activations(shipped("convnet3"));
  for (auto& layer : model["layers"]) layer["recompute"] = true;
  folder.write("recomputed.json", model.dump());
  CHECK(activations("recomputed.json") < kept);
  const Outcome text = run_program(folder, {"summary", shipped("convnet1")});
  CHECK(contains(text.out, "\nTraining on batches of 100 with "));
}

TEST_CASE("summary says at once that a training step is too large to plan") {
  const TestFolder folder;
  folder.write("large.json", R"({"name": "large", "input": [1, 1, 40000], "classes": 40000,
      "layers": [{"type": "linear", "units": 40000}]})");
  const Outcome text = run_program(folder, {"summary", "large.json"});
  CHECK(text.status == 0);
  CHECK(contains(text.out, "takes more than 4 GiB"));
  const Outcome outcome = run_program(folder, {"summary", "large.json", "--json"});
  CHECK(json::parse(outcome.out)["training_memory"].is_null());
}

}  // namespace
}  // namespace autonet::cli
