#include <nlohmann/json.hpp>

#include "tests/cli/run_program.h"

namespace autonet {
namespace {

using nlohmann::json;

const std::string kModels = std::string(AUTONET_SOURCE_DIR) + "/models/";

TEST_CASE("bench reports a steady step that allocates nothing, on one thread and on two") {
  const TestFolder folder;
  for (const std::string threads : {"1", "2"}) {
    const Outcome outcome =
        run_program(folder, {"bench", kModels + "convnet1.json", "--threads", threads, "--batch",
                             "30", "--seconds", "0.05", "--json"});
    CAPTURE(outcome.err);
    REQUIRE(outcome.status == 0);
    const json report = json::parse(outcome.out);
    CHECK(report["model"] == "convnet1");
    CHECK(report["batch"] == 30);
    CHECK(report["threads"] == std::stoi(threads));
    CHECK(report["bytes_allocated"] == 0);
    CHECK(report["steps"].get<int>() >= 3);
    CHECK(report["images_per_second"].get<double>() > 0);
    CHECK(report["peak_gflops"].get<double>() > 0);
    const json& times = report["step_milliseconds"];
    CHECK(times["percentile_10"].get<double>() <= times["median"].get<double>());
    CHECK(times["median"].get<double>() <= times["percentile_90"].get<double>());
    // A multiply-add of convnet1's forward pass returns twice in the backward pass, but for the
    // image's own gradient, which nobody asks for.
    CHECK(report["multiply_adds"].get<double>() == 30.0 * (3 * 365184.0 - 36864.0));
    double parts = 0;
    for (const json& part : report["parts"]) parts += part["multiply_adds"].get<double>();
    CHECK(parts == report["multiply_adds"].get<double>());
  }
}

TEST_CASE("the memory that training takes is known before, within a tenth") {
  const TestFolder folder;
  for (const std::string model : {"logreg", "net_2layer", "convnet1", "convnet3", "cifar_vgg"}) {
    for (const std::string threads : {"1", "2"}) {
      CAPTURE(model);
      const Outcome outcome = run_program(
          folder, {"bench", kModels + model + ".json", "--threads", threads, "--seconds", "0",
                   "--json", "--batch", model == "cifar_vgg" ? "25" : "100"});
      REQUIRE(outcome.status == 0);
      const json memory = json::parse(outcome.out)["memory"];
      CAPTURE(memory.dump());
      const double peak = memory["peak"].get<double>();
      CHECK(std::abs(memory["planned"].get<double>() - peak) < 0.1 * peak);
    }
  }
}

TEST_CASE("summary tells the memory of training, and recomputation makes it less") {
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
  json model = json::parse(std::ifstream(kModels + "convnet3.json"));
  const double kept = activations(kModels + "convnet3.json");
  for (auto& layer : model["layers"]) layer["recompute"] = true;
  folder.write("recomputed.json", model.dump());
  CHECK(activations("recomputed.json") < kept);
  const Outcome text = run_program(folder, {"summary", kModels + "convnet1.json"});
  CHECK(contains(text.out, "\nTraining on batches of 100 with "));
}

TEST_CASE("summary of a training step that is too large to plan is quick and says so") {
  const TestFolder folder;
  folder.write("large.json", R"({"name": "large", "input": [1, 1, 40000], "classes": 40000,
      "layers": [{"type": "linear", "units": 40000}]})");
  const Outcome text = run_program(folder, {"summary", "large.json"});
  CHECK(text.status == 0);
  CHECK(contains(text.out, "takes more than 4 GiB"));
  const Outcome outcome = run_program(folder, {"summary", "large.json", "--json"});
  CHECK(json::parse(outcome.out)["training_memory"].is_null());
}

TEST_CASE("bench with a model that is wrong ends with status 2") {
  const TestFolder folder;
  CHECK(run_program(folder, {"bench", "missing.json"}).status != 0);
  CHECK(run_program(folder, {"bench", kModels + "convnet1.json", "--batch", "0"}).status == 2);
  const Outcome text =
      run_program(folder, {"bench", kModels + "logreg.json", "--seconds", "0.01", "--steps"});
  CHECK(text.status == 0);
  CHECK(contains(text.out, "images a second"));
  CHECK(contains(text.out, "matmul + add [100,10]"));
}

}  // namespace
}  // namespace autonet
