#include <nlohmann/json.hpp>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

using nlohmann::json;

/// Settings with which the outputs grow from layer to layer, beyond f32 in layer "wild".
std::vector<std::string> wild_settings() {
  std::string layers = "layers=[";
  for (const char* name : {"a", "b", "c", "d", "e", "wild"}) {
    layers += R"({"name": ")" + std::string(name) +
              R"(", "type": "linear", "units": 8, "init": {"constant": 1e6}}, )";
  }
  return {"--set", layers + R"({"name": "output", "type": "linear", "units": 10}])"};
}
const std::vector<std::string> kWild = wild_settings();

std::vector<std::string> with(std::vector<std::string> words,
                              const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_CASE("a run that meets Inf names the layer and keeps the step, which replay shows") {
  const TestFolder folder;
  folder.write("m.json", small_model("m"));
  const Outcome fit = run_program(folder, with({"fit", "m.json", "--quiet"}, kWild));
  CHECK(fit.status == 1);
  CHECK_MESSAGE(fit.err.starts_with("fit: an output of layer \"wild\" in the forward pass is not "
                                    "finite at epoch 1, batch 1 (step 1); "),
                fit.err);
  CHECK(fit.err.ends_with(
      "\nThe batch and the weights before the step are in m.failed.npz. To see the step layer by "
      "layer:\n  autonet replay m.failed.npz\n"));
  const Outcome called = run_program(folder, with({"fit", "m.json", "--quiet"}, kWild),
                                     {{"AUTONET_COMMAND", "./dev"}});
  CHECK(called.err.ends_with("\n  ./dev replay m.failed.npz\n"));
  CHECK_FALSE(std::filesystem::exists(folder.path("m.npz")));

  const Outcome text = run_program(folder, {"replay", "m.failed.npz"});
  CHECK(text.status == 1);
  CHECK(text.err.empty());
  CHECK_MESSAGE(
      text.out.starts_with("m, epoch 1, batch 1 (step 1, 64 examples, learning rate 0.02)\n"
                           "Not finite: an output of layer \"wild\" in the forward pass. Loss: "),
      text.out);
  CHECK(
      contains(text.out, "\nlayer   largest output  not finite  largest gradient  not finite\na "));
  std::istringstream lines(text.out);
  for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= 80, line);

  const json result = json::parse(run_program(folder, {"replay", "m.failed.npz", "--json"}).out);
  CHECK(result["not_finite"] == "an output of layer \"wild\" in the forward pass");
  REQUIRE(result["layers"].size() == 7);
  CHECK(result["layers"][0]["outputs_not_finite"] == 0);
  CHECK(result["layers"][0]["largest_output"].get<double>() > 0.0);
  CHECK(result["layers"][4]["outputs_not_finite"] == 0);
  CHECK(result["layers"][5]["outputs_not_finite"].get<int>() > 0);
}

TEST_CASE("a run that fails in a later epoch names the first layer too") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 30));
  // The learning rate grows with each epoch. The model names no checkpoint.
  const Outcome fit = run_program(
      folder,
      {"fit", "m.json", "--quiet", "--set",
       R"(training={"epochs": 30, "batch_size": 64, "optimizer": {"type": "sgd", "learning_rate": )"
       R"(0.02}, "schedule": {"type": "step", "step_epochs": 1, "factor": 999}})"});
  CHECK(fit.status == 1);
  CHECK_MESSAGE(contains(fit.err, " is not finite at epoch "), fit.err);
  CHECK_MESSAGE(
      fit.err.starts_with("fit: an output of layer \"output\" in the forward pass is not "),
      fit.err);
  CHECK_FALSE(contains(fit.err, "at epoch 1,"));
  CHECK_FALSE(contains(fit.err, "replay"));  // without a checkpoint no file is written
}

TEST_CASE("validation that meets Inf names the first layer or the loss, and replay agrees") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 30));
  // An epoch is a single step, so validation comes before the next forward pass.
  const Outcome fit = run_program(
      folder, {"fit", "m.json", "--quiet", "--set", "training.batch_size=200", "--set",
               "training.optimizer.learning_rate=100", "--set", "loss=mean_squared_error"});
  CHECK(fit.status == 1);
  CHECK_MESSAGE(
      fit.err.starts_with("fit: the loss in the forward pass on validation examples is not finite"),
      fit.err);
  const Outcome text = run_program(folder, {"replay", "m.failed.npz"});
  CHECK(text.status == 1);
  CHECK_MESSAGE(contains(text.out,
                         "\nNot finite: the loss in the forward pass on validation examples. Loss: "
                         "inf\n"),
                text.out);
}

TEST_CASE("files without a failed step, and damaged ones, are refused") {
  const TestFolder folder;
  folder.write("m.json", small_model("m", 1));
  REQUIRE(run_program(folder, {"fit", "m.json", "--quiet"}).status == 0);
  const Outcome weights = run_program(folder, {"replay", "m.npz"});
  CHECK(weights.status == 3);
  CHECK(weights.err == "replaying m.npz: it holds no failed step of a run\n");
  CHECK(run_program(folder, {"replay", "none.npz"}).status == 3);
  folder.write("cut.npz", folder.read("m.npz").substr(0, 300));
  CHECK(run_program(folder, {"replay", "cut.npz"}).status == 3);
}

}  // namespace
}  // namespace autonet::cli
